<?php
// get-token.php: a token of two seconds, as a site in plain PHP issues it.

require __DIR__ . '/jwt.php';

header('Content-Type: application/json');
header('Cache-Control: no-store');
$now = time();
echo json_encode(['token' => sign(['iat' => $now, 'exp' => $now + 2], getenv('JWT_SECRET'))]);
