<?php
// A page of the site that knows its visitor by a session. It vouches for them
// to get-token with a JWT of fifteen minutes in a cookie that no script can read.
session_start();
if (!isset($_SESSION['user'])) {
    header('Location: login.php');
    exit;
}
$secret = rtrim(file_get_contents(__DIR__ . '/../bearer.secret') ?: exit('The secret cannot be read.'), "\r\n");
$encode = fn ($bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
$claims = ['iss' => 'https://www.example.org', 'aud' => 'claimcheck', 'sub' => $_SESSION['user'], 'exp' => time() + 900];
$text = $encode('{"alg":"HS256","typ":"JWT"}') . '.' . $encode(json_encode($claims, JSON_THROW_ON_ERROR));
$bearer = $text . '.' . $encode(hash_hmac('sha256', $text, $secret, true));
setcookie('__Host-bearer', $bearer, ['path' => '/', 'secure' => true, 'httponly' => true, 'samesite' => 'Lax']);
?>
<!DOCTYPE html>
<title>Downloads</title>
<script src="/claimcheck/download.js" defer></script>
<a data-download href="/downloads/report.pdf">Report</a>
