<?php
// download.php?file=NAME&token=TOKEN: a file of the folder FILES for a token
// that is signed and has not expired, as often as one likes.

require __DIR__ . '/jwt.php';

if (!isset($_GET['token'])) {
    http_response_code(400);
    exit;
}
if (verify($_GET['token'], getenv('JWT_SECRET')) === null) {
    http_response_code(403);
    exit;
}
$name = basename($_GET['file'] ?? '');
$file = getenv('FILES') . '/' . $name;
if (!is_file($file)) {
    http_response_code(404);
    exit;
}
header('Content-Type: application/octet-stream');
header('Content-Disposition: attachment; filename="' . $name . '"');
header('Content-Length: ' . filesize($file));
header('Cache-Control: no-store');
readfile($file);
