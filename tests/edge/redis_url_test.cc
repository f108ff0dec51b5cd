#include "edge/redis_url.h"

#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::string parsed(const std::string& url) {
  const Result<RedisAddress> a = parse_redis_url(url);
  return a ? a->socket + '|' + a->host + '|' +
                 (a->host.empty() ? "" : a->port) + '|' + a->user + '|' +
                 a->password + '|' + a->database
           : detail_of(a);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_url)

BOOST_AUTO_TEST_CASE(reads_every_part) {
  const std::pair<const char*, const char*> urls[] = {
      {"redis://redis.example", "|redis.example|6379|||0"},
      {"redis://redis.example/", "|redis.example|6379|||0"},
      {"redis://10.0.0.5:6380/3", "|10.0.0.5|6380|||3"},
      {"redis://[::1]", "|::1|6379|||0"},
      {"redis://[fe80::1%eth0]:7000/15", "|fe80::1%eth0|7000|||15"},
      {"redis://:pass@a", "|a|6379||pass|0"},
      {"redis://me:pass@a_b-c.d:1/1", "|a_b-c.d|1|me|pass|1"},
      {"redis://m%C3%A9:p%40%3a%2F%25@a", "|a|6379|m\u00e9|p@:/%|0"},
      {"unix:///run/redis.sock", "/run/redis.sock|||||0"},
      {"unix:///run/redis.sock?db=2", "/run/redis.sock|||||2"},
      {"unix:///run/a@b%20c:d.sock", "/run/a@b%20c:d.sock|||||0"},
      {"unix://:pass@/s", "/s||||pass|0"},
      {"unix://me:pass@/run/s@1?db=999999", "/run/s@1|||me|pass|999999"},
  };
  for (const auto& [url, expected] : urls) {
    BOOST_CHECK_EQUAL(parsed(url), expected);
  }
}

BOOST_AUTO_TEST_CASE(says_what_was_expected) {
  const std::pair<std::string, const char*> urls[] = {
      {"http://a", "expected redis://"},
      {"redis:/a", "expected redis://"},
      {"Redis://a", "expected redis://"},
      {"rediss://a", "there is no TLS here"},
      {"redis://", "the address of a host"},
      {"redis:///1", "the address of a host"},
      {"redis://:1", "the address of a host"},
      {"redis://a b", "the address of a host"},
      {"redis://a?db=1", "the address of a host"},
      {"redis://a#b", "the address of a host"},
      {"redis://[::1", "the address of a host"},
      {"redis://[]", "the address of a host"},
      {"redis://[a_b]", "the address of a host"},
      {"redis://" + std::string(254, 'a'), "the address of a host"},
      {"redis://a:", "a port from 1 to 65535"},
      {"redis://a:0", "a port from 1 to 65535"},
      {"redis://a:65536", "a port from 1 to 65535"},
      {"redis://a:1x", "a port from 1 to 65535"},
      {"redis://a:-1", "a port from 1 to 65535"},
      {"redis://[::1]1", "a port from 1 to 65535"},
      {"redis://::1", "one of IPv6 in []"},
      {"redis://a/x", "the number of a database"},
      {"redis://a/-1", "the number of a database"},
      {"redis://a/1000000", "the number of a database"},
      {"redis://a/1/2", "the number of a database"},
      {"unix://run/s", "the absolute name of a socket"},
      {"unix://", "the absolute name of a socket"},
      {"unix:///" + std::string(107, 'a'), "the absolute name of a socket"},
      {"unix:///s?db=", "the number of a database"},
      {"unix:///s?database=1", "?db=NUMBER"},
      {"redis://@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://me@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://me:@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://me:pa@ss@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://me:pa/ss@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://me:pa:ss@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://m/e:pass@a", "USER:PASSWORD or :PASSWORD"},
      {"redis://me:%zz@a", "in UTF-8, percent-encoded"},
      {"redis://me:%ff@a", "in UTF-8, percent-encoded"},
      {"redis://me:a%00b@a", "in UTF-8, percent-encoded"},
      {"redis://me:a%0d%0ab@a", "in UTF-8, percent-encoded"},
  };
  for (const auto& [url, expected] : urls) {
    const std::string said = parsed(url);
    BOOST_CHECK_MESSAGE(
        said.starts_with("expected ") && contains(said, expected),
        url << ": " << said);
  }
}

BOOST_AUTO_TEST_CASE(shows_nothing_of_a_url_that_is_wrong) {
  for (const char* url :
       {"redis://me:hunter2@a:x", "redis://hunter2@a", "redis://a:hunter2",
        "unix://me:hunter2@s", "redis://me:hunter2@a/b",
        "redis://hunter2:a/b@c", "redis://:hunter2%@a", "hunter2://",
        "unix:///s?hunter2"}) {
    const std::string said = parsed(url);
    BOOST_CHECK_MESSAGE(
        said.starts_with("expected ") && !contains(said, "hunter2"), said);
  }
}

BOOST_AUTO_TEST_CASE(names_a_place_without_who_asks) {
  for (const auto& [url, place] : {std::pair("redis://me:pass@a/1", "a:6379"),
                                   {"redis://[::1]:7", "[::1]:7"},
                                   {"unix://me:pass@/run/s?db=1", "/run/s"}}) {
    BOOST_CHECK_EQUAL(place_of(*parse_redis_url(url)), place);
  }
}

BOOST_AUTO_TEST_SUITE_END()
