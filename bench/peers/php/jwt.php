<?php
// jwt.php: HS256 tokens in plain PHP.

function base64url_encode(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function base64url_decode(string $text): string
{
    return base64_decode(strtr($text, '-_', '+/'));
}

function sign(array $claims, string $secret, string $typ = 'JWT'): string
{
    $text = base64url_encode(json_encode(['alg' => 'HS256', 'typ' => $typ], JSON_UNESCAPED_SLASHES))
        . '.' . base64url_encode(json_encode($claims, JSON_UNESCAPED_SLASHES));
    return $text . '.' . base64url_encode(hash_hmac('sha256', $text, $secret, true));
}

// No more than the signature and exp: no alg, no iat, no canonical spelling.
function verify(string $token, string $secret): ?array
{
    $parts = explode('.', $token);
    if (count($parts) !== 3) {
        return null;
    }
    [$header, $payload, $signature] = $parts;
    if (!hash_equals(hash_hmac('sha256', "$header.$payload", $secret, true), base64url_decode($signature))) {
        return null;
    }
    $claims = json_decode(base64url_decode($payload), true);
    return isset($claims['exp']) && microtime(true) < $claims['exp'] ? $claims : null;
}
