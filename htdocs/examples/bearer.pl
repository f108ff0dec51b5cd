#!/usr/bin/perl
# bearer.pl SECRET_FILE USER URL: vouches for USER to the get-token of URL's
# server, and prints the URL with the token that it answers: good for two seconds.
use strict;
use warnings;
use Digest::SHA 'hmac_sha256';
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 'encode_base64url';

my ($file, $user, $url) = @ARGV;
open my $secret, '<', $file or die "$file: $!\n";
chomp(my $key = <$secret>);
my %claims = (iss => 'https://www.example.org', aud => 'claimcheck', sub => $user, exp => time + 60);
my $text = join '.', map { encode_base64url $_ } '{"alg":"HS256","typ":"JWT"}', JSON::PP->new->encode(\%claims);
my $bearer = $text . '.' . encode_base64url hmac_sha256($text, $key);
my ($origin) = $url =~ m{^(https?://[^/]+)} or die "$url: no URL\n";
my $for = $url =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger;
my $answer = HTTP::Tiny->new->get("$origin/v1/api/get-token?for=$for", { headers => { Authorization => "Bearer $bearer" } });
die "$answer->{status} $answer->{content}\n" unless $answer->{success};
print $url, $url =~ /\?/ ? '&' : '?', 'token=', decode_json($answer->{content})->{token}, "\n";
