#!/usr/bin/perl
# A CSV export as a download: prints the rows of one account, as it reads them.
#
#   command = ["/usr/local/lib/site/export.pl", "{name}"]
#   params = { name = "[a-z]{1,32}" }
#
# claimcheck gives it the arguments, CLAIMCHECK_USER (who asks, where known) and
# CLAIMCHECK_RESOURCE. What it prints is the file. Whatever goes wrong has to end
# it with another status than 0, as die does: before the first byte the visitor
# then gets 502 and keeps his token, later a download that visibly broke off.
use strict;
use warnings FATAL => 'all';

binmode STDOUT, ':encoding(UTF-8)';
my $name = $ARGV[0] // die "usage: export.pl NAME\n";
my $user = $ENV{CLAIMCHECK_USER} // '';

sub csv {
    return join(',', map { my $field = $_; /[",\r\n]/ ? do { $field =~ s/"/""/g; qq("$field") } : $field } @_) . "\n";
}

# The site's own data: here in place of its database.
my @rows = (['2026-11-01', 12.5], ['2026-11-02', 7.25]);

print csv('name', 'day', 'amount', 'for');
print csv($name, @$_, $user) for @rows;

# What could not be written is no success.
close STDOUT or die "standard output: $!\n";
