#!/usr/bin/php
<?php
// A CSV export as a download: prints the rows of one account, as it reads them.
//
//   command = ["/usr/local/lib/site/export.php", "{name}"]
//   params = { name = "[a-z]{1,32}" }
//
// claimcheck gives it the arguments, CLAIMCHECK_USER (who asks, where known) and
// CLAIMCHECK_RESOURCE. What it prints is the file. Whatever goes wrong has to end
// it with another status than 0: before the first byte the visitor then gets 502
// and keeps his token, later a download that visibly broke off.
declare(strict_types=1);

// PHP prints its warnings into the file unless told.
ini_set('display_errors', 'stderr');
ini_set('log_errors', '0');
set_error_handler(function (int $level, string $message, string $file, int $line): bool {
    throw new ErrorException($message, 0, $level, $file, $line);
});

$name = $argv[1] ?? throw new InvalidArgumentException('usage: export.php NAME');
$user = getenv('CLAIMCHECK_USER') ?: '';

/** The site's own data: here in place of its database. */
function rows(string $name): iterable
{
    foreach ([['2026-11-01', 12.5], ['2026-11-02', 7.25]] as [$day, $amount]) {
        yield [$name, $day, $amount];
    }
}

$out = fopen('php://output', 'w');
fputcsv($out, ['name', 'day', 'amount', 'for'], escape: '');
foreach (rows($name) as $row) {
    fputcsv($out, [...$row, $user], escape: '');
}
