<?php
// tokens.php [ROUNDS]: what a page in plain PHP takes for the token of
// tokens.cc; a JSON line a case, as stopwatch.h has it. Run it with
// opcache.enable_cli=1, since a site's PHP-FPM has that.

const SECRET = 'q7Zp0sVd3XbYtK1mR9cLwE5uHfJ2nGaQ8oTiPxN4vBk';
const TYPE = 'download+jwt';
const TURN_NS = 25e6;

require __DIR__ . '/peers/php/jwt.php';

// The CPU's time, as in stopwatch.cc.
function cpu_ns(): float
{
    $used = getrusage();
    return ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1e9
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) * 1e3;
}

function percentile(array $sorted, float $p): float
{
    $at = $p * (count($sorted) - 1);
    $below = (int) $at;
    return $sorted[$below] + ($at - $below) * (($sorted[$below + 1] ?? $sorted[$below]) - $sorted[$below]);
}

function time_verify(string $token, int $times): float
{
    $start = cpu_ns();
    for ($i = 0; $i < $times; ++$i) {
        verify($token, SECRET);
    }
    return cpu_ns() - $start;
}

function time_sign(array $claims, int $times): float
{
    $start = cpu_ns();
    for ($i = 0; $i < $times; ++$i) {
        sign($claims, SECRET, TYPE);
    }
    return cpu_ns() - $start;
}

$now = round(microtime(true), 3);
$claims = ['iat' => $now, 'exp' => $now + 3600, 'jti' => 'Zm9vYmFyYmF6cXV4cXV1eA', 'res' => '/downloads/report.csv'];
$token = sign($claims, SECRET, TYPE);
if ((verify($token, SECRET)['res'] ?? '') !== $claims['res'] || verify($token . 'A', SECRET) || verify(sign(['exp' => $now - 1], SECRET), SECRET)) {
    fwrite(STDERR, "tokens.php: verify() is wrong\n");
    exit(1);
}

$cases = [
    'php_verify' => fn(int $times) => time_verify($token, $times),
    'php_sign' => fn(int $times) => time_sign($claims, $times),
];
$times = [];
foreach ($cases as $name => $time) {
    for ($times[$name] = 1; ($took = $time($times[$name])) < TURN_NS / 4; $times[$name] *= 2);
    $times[$name] = (int) ceil($times[$name] * TURN_NS / $took);
}
$ns = [];
for ($round = 0; $round < ($argv[1] ?? 5); ++$round) {
    foreach ($cases as $name => $time) {
        $ns[$name][] = $time($times[$name]) / $times[$name];
    }
}
foreach ($ns as $name => $each) {
    sort($each);
    $median = percentile($each, 0.5);
    $spread = (percentile($each, 0.9) - percentile($each, 0.1)) / $median;
    printf("{\"name\":\"%s\",\"ns\":%.1f,\"spread\":%.3f}\n", $name, $median, $spread);
}
