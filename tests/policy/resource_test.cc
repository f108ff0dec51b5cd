#include "policy/resource.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::string path_of(std::string_view uri) {
  const Result<Target> target = parse_target(uri);
  return target ? target->path : std::string(code_of(target));
}

// name_of is the resource's name, or the code of the refusal.
std::string name_of(const std::string& uri) {
  static const Config config = site_config();
  const Result<Target> target = parse_target(uri);
  if (!target) {
    return code_of(target);
  }
  const Result<Resource> resource = find_resource(config, *target);
  return resource ? resource->name : code_of(resource);
}

// file_name is the file that a URL means, "root|path", or the refusal's code.
std::string file_name(const std::string& uri,
                      const Config& config = site_config()) {
  const Result<Resource> resource = find_resource(config, *parse_target(uri));
  if (!resource) {
    return code_of(resource);
  }
  const Result<FileRef> file = file_of(*resource);
  return file ? file->root + '|' + file->path : code_of(file);
}

std::string for_path(std::string_view url) {
  static const Config config = site_config();
  const Result<Target> target =
      parse_page_url(config, request("/v1/api/get-token"), url);
  return target ? target->path + '?' + target->query
                : std::string(code_of(target));
}

// A small generator, so that the same cases come each time.
class Dice {
 public:
  unsigned roll(unsigned sides) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<unsigned>(state_ >> 33) % sides;
  }
  std::string text(std::string_view alphabet, unsigned longest) {
    std::string text;
    for (unsigned left = roll(longest + 1); left > 0; --left) {
      text += alphabet[roll(static_cast<unsigned>(alphabet.size()))];
    }
    return text;
  }

 private:
  unsigned long long state_ = 7;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    char escape[4];
    std::snprintf(escape, sizeof escape, "%%%02X", c);
    out += escape;
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resource)

BOOST_AUTO_TEST_CASE(a_path_is_decoded_once) {
  BOOST_CHECK_EQUAL(path_of("/a/b%20c"), "/a/b c");
  BOOST_CHECK_EQUAL(path_of("/a%2541"), "/a%41");
  BOOST_CHECK_EQUAL(path_of("/a%252Fb"), "/a%2Fb");
  BOOST_CHECK_EQUAL(path_of("/a+b"), "/a+b");
  BOOST_CHECK_EQUAL(path_of("/caf%C3%A9"), "/caf\xc3\xa9");
  BOOST_CHECK_EQUAL(path_of("/caf\xc3\xa9"), "/caf\xc3\xa9");
  BOOST_CHECK_EQUAL(path_of("/a%3Fb?c"), "/a?b");
  BOOST_CHECK_EQUAL(path_of("/"), "/");
}

// What the contract refuses.
BOOST_AUTO_TEST_CASE(refuses_what_it_would_have_to_repair) {
  for (const char* uri :
       {"/a%2Fb", "/a%2fb", "/a%5Cb",  "/a%5cb",   "/a\\b",    "/a%00",
        "/a%0a",  "/a%1F",  "/a%7f",   "/a%C2%85", "/a\x01",   "/a%",
        "/a%4",   "/a%zz",  "/a%ff",   "/a%C3",    "/a%C0%AF", "/a%ED%A0%80",
        "/a\xff", "/.",     "/..",     "/a/./b",   "/a/../b",  "/a/..",
        "/a/.",   "/%2e",   "/%2e%2e", "/.%2E/a",  "//",       "//a",
        "/a//b",  "/a//",   "",        "a",        "*",        "http://a/b",
        "?a",     "#"}) {
    BOOST_CHECK_MESSAGE(path_of(uri) == "bad_url", uri);
  }
}

BOOST_AUTO_TEST_CASE(three_dots_and_dots_within_are_names) {
  BOOST_CHECK_EQUAL(path_of("/..."), "/...");
  BOOST_CHECK_EQUAL(path_of("/a..b/c."), "/a..b/c.");
}

BOOST_AUTO_TEST_CASE(a_target_has_at_most_16_kib) {
  BOOST_CHECK_EQUAL(path_of("/" + std::string(kMaxUri - 1, 'a')).size(),
                    kMaxUri);
  BOOST_CHECK_EQUAL(path_of("/" + std::string(kMaxUri, 'a')), "bad_url");
}

BOOST_AUTO_TEST_CASE(the_query_may_hold_what_a_path_may_not) {
  BOOST_CHECK_EQUAL(name_of("/downloads/a?x=%2F..//%zz%00\\"), "/downloads/a");
}

BOOST_AUTO_TEST_CASE(only_declared_parameters_are_part_of_the_name) {
  BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX?name=alex&utm_source=x&token=y"),
                    "/v1/api/downloadX?name=alex");
  BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX?z=1&name=alex"),
                    "/v1/api/downloadX?name=alex");
  BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX?n%61me=%61lex"),
                    "/v1/api/downloadX?name=alex");
  BOOST_CHECK_EQUAL(name_of("/downloads/a.csv?name=alex"), "/downloads/a.csv");
}

BOOST_AUTO_TEST_CASE(a_parameter_that_a_name_needs_is_not_left_out) {
  BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX"), "bad_url");
  BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX?Name=Alex"), "bad_url");
}

BOOST_AUTO_TEST_CASE(parameters_are_sorted) {
  Config config;
  Download download;
  download.path = "/x";
  download.file = "/srv/{b}{a}";
  download.params.emplace("b", *Pattern::compile(".*"));
  download.params.emplace("a", *Pattern::compile(".*"));
  config.downloads.push_back(download);
  for (const char* uri : {"/x?a=1&b=2", "/x?b=2&a=1", "/x?b=2&c=3&a=1"}) {
    BOOST_CHECK_EQUAL(find_resource(config, *parse_target(uri))->name,
                      "/x?a=1&b=2");
  }
}

BOOST_AUTO_TEST_CASE(a_declared_parameter_comes_once) {
  for (const char* uri :
       {"?name=alex&name=alex", "?name=alex&name=", "?name&name",
        "?name=alex&n%61me=bob", "?name=alex&x=1&name=bob"}) {
    BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX" + std::string(uri)),
                      "bad_url");
  }
  BOOST_CHECK_EQUAL(name_of("/v1/api/downloadX?name=alex&x=1&x=2"),
                    "/v1/api/downloadX?name=alex");
}

BOOST_AUTO_TEST_CASE(a_value_matches_its_pattern_whole) {
  const std::string url = "/v1/api/downloadX?name=";
  for (const char* value : {"", "Alex", "alex!", "alex%0a", "al%00ex", "%ff",
                            "%", "a+b", "a%20b", "alex%C3%A9"}) {
    BOOST_CHECK_EQUAL(name_of(url + value), "bad_url");
  }
}

// Whatever its pattern allows.
BOOST_AUTO_TEST_CASE(a_value_has_no_slash_no_dot_segment_and_255_bytes) {
  Config config;
  Download download;
  download.path = "/x";
  download.file = "/srv/{a}";
  download.params.emplace("a", *Pattern::compile(".*"));
  config.downloads.push_back(download);
  const auto code = [&](const std::string& value) {
    return code_of(find_resource(config, *parse_target("/x?a=" + value)));
  };
  BOOST_CHECK_EQUAL(code(std::string(255, 'v')), "ok");
  BOOST_CHECK_EQUAL(code("..."), "ok");
  for (const std::string& value :
       {std::string(256, 'v'), std::string("."), std::string(".."),
        std::string("%2e%2e"), std::string("/"), std::string("a/b"),
        std::string("a%2Fb"), std::string("../b")}) {
    BOOST_CHECK_EQUAL(code(value), "bad_url");
  }
}

BOOST_AUTO_TEST_CASE(a_plus_in_a_value_is_a_space) {
  Config config;
  Download download;
  download.path = "/x";
  download.file = "/srv/{a}";
  download.params.emplace("a", *Pattern::compile("[a-z +]*"));
  config.downloads.push_back(download);
  const auto name = [&](const char* uri) {
    return find_resource(config, *parse_target(uri))->name;
  };
  BOOST_CHECK_EQUAL(name("/x?a=b+c"), "/x?a=b c");
  BOOST_CHECK_EQUAL(name("/x?a=b%20c"), "/x?a=b c");
  BOOST_CHECK_EQUAL(name("/x?a=b%2Bc"), "/x?a=b+c");
}

BOOST_AUTO_TEST_CASE(the_first_download_that_matches_answers) {
  Config config;
  config.downloads.push_back(tree("/d/private/", "/srv/private"));
  config.downloads.push_back(tree("/d/", "/srv/all"));
  config.downloads.push_back(tree("/d/late/", "/srv/late"));
  BOOST_CHECK_EQUAL(file_name("/d/private/a", config), "/srv/private|a");
  BOOST_CHECK_EQUAL(file_name("/d/late/a", config), "/srv/all|late/a");
  BOOST_CHECK_EQUAL(file_name("/d/privat/a", config), "/srv/all|privat/a");
}

BOOST_AUTO_TEST_CASE(case_and_a_trailing_slash_matter) {
  for (const char* uri :
       {"/Downloads/a", "/downloads", "/v1/api/downloadx", "/v1/api/downloadX/",
        "/v1/api/downloadX/a", "/v1/api/download", "/", "/downloadsx/a",
        "/x/downloads/a"}) {
    BOOST_CHECK_EQUAL(name_of(uri), "not_found");
  }
  BOOST_CHECK_NE(name_of("/downloads/a"), name_of("/downloads/A"));
  BOOST_CHECK_NE(name_of("/downloads/a"), name_of("/downloads/a/"));
}

BOOST_AUTO_TEST_CASE(names_the_file_beneath_its_root) {
  BOOST_CHECK_EQUAL(file_name("/downloads/2026/a%20b.txt"),
                    "/srv/downloads|2026/a b.txt");
  BOOST_CHECK_EQUAL(file_name("/v1/api/downloadX?name=alex"),
                    "/srv/exports/|alex.csv");
  BOOST_CHECK_EQUAL(file_name("/v1/api/downloadX"), "bad_url");
}

BOOST_AUTO_TEST_CASE(a_folder_is_not_found) {
  for (const char* uri : {"/downloads/", "/downloads/2026/"}) {
    BOOST_CHECK_EQUAL(file_name(uri), "not_found");
  }
}

BOOST_AUTO_TEST_CASE(dotfiles_do_not_exist) {
  for (const char* uri :
       {"/downloads/.htaccess", "/downloads/.git/config", "/downloads/a/.b/c",
        "/downloads/%2ehtaccess", "/downloads/...", "/downloads/a/.b",
        "/v1/api/downloadX?name=.alex", "/v1/api/downloadX?name=..."}) {
    BOOST_CHECK_MESSAGE(file_name(uri) == "not_found", uri);
  }
  BOOST_CHECK_EQUAL(file_name("/downloads/a.b"), "/srv/downloads|a.b");
}

BOOST_AUTO_TEST_CASE(a_file_is_opened_beneath_its_literal_prefix) {
  Config config;
  Download download;
  download.path = "/x";
  download.params.emplace("a", *Pattern::compile(".*"));
  download.params.emplace("b", *Pattern::compile(".*"));
  download.file = "/srv/data/v{a}/{b}.csv";
  config.downloads.push_back(download);
  BOOST_CHECK_EQUAL(file_name("/x?a=1&b=two", config), "/srv/data/|v1/two.csv");
  BOOST_CHECK_EQUAL(file_name("/x?a=&b=", config), "not_found");
  config.downloads[0].file = "/srv/{a}{b}/c";
  BOOST_CHECK_EQUAL(file_name("/x?a=&b=", config), "not_found");
  config.downloads[0].file = "/srv/.conf/fixed.csv";
  config.downloads[0].params.clear();
  BOOST_CHECK_EQUAL(file_name("/x", config), "/srv/.conf/|fixed.csv");
}

// The admin named this file; a parameter that is no part of its name does not
// make it a dotfile of the client's choosing.
BOOST_AUTO_TEST_CASE(a_fixed_dotfile_does_not_depend_on_a_parameter) {
  Config config;
  Download download;
  download.path = "/x";
  download.file = "/srv/.report.csv";
  download.params.emplace("lang", *Pattern::compile("[a-z]{2}"));
  config.downloads.push_back(download);
  BOOST_CHECK_EQUAL(file_name("/x", config), "/srv/|.report.csv");
  BOOST_CHECK_EQUAL(file_name("/x?lang=de", config), "/srv/|.report.csv");
}

BOOST_AUTO_TEST_CASE(the_attachment_is_named_by_the_file_or_the_template) {
  Config config = site_config();
  const auto saved = [&](const char* uri) {
    const auto resource = find_resource(config, *parse_target(uri));
    return download_name(*resource, *file_of(*resource));
  };
  BOOST_CHECK_EQUAL(saved("/downloads/2026/a%20b.txt"), "a b.txt");
  BOOST_CHECK_EQUAL(saved("/v1/api/downloadX?name=alex"), "alex.csv");
  config.downloads[1].filename = "Export of {name}.csv";
  BOOST_CHECK_EQUAL(saved("/v1/api/downloadX?name=alex"), "Export of alex.csv");
}

// ---- for

BOOST_AUTO_TEST_CASE(for_is_a_path_or_a_url_of_this_origin) {
  BOOST_CHECK_EQUAL(for_path("/downloads/a?b=c"), "/downloads/a?b=c");
  BOOST_CHECK_EQUAL(for_path("https://www.example.org/downloads/a?b=c"),
                    "/downloads/a?b=c");
  BOOST_CHECK_EQUAL(for_path("HTTPS://WWW.EXAMPLE.ORG:443/a"), "/a?");
  BOOST_CHECK_EQUAL(for_path("/a?u=http://evil.org/"), "/a?u=http://evil.org/");
}

BOOST_AUTO_TEST_CASE(a_fragment_is_dropped) {
  BOOST_CHECK_EQUAL(for_path("/a#b"), "/a?");
  BOOST_CHECK_EQUAL(for_path("/a#b?c=d"), "/a?");
  BOOST_CHECK_EQUAL(for_path("/a?c=d#b"), "/a?c=d");
  BOOST_CHECK_EQUAL(for_path("https://www.example.org/a#x"), "/a?");
}

BOOST_AUTO_TEST_CASE(for_is_nothing_else) {
  for (const char* url : {"",
                          "#a",
                          "?a=b",
                          "a",
                          "./a",
                          "../a",
                          "//www.example.org/a",
                          "//evil.org/a",
                          "https://evil.org/a",
                          "http://www.example.org/a",
                          "https://www.example.org:8443/a",
                          "https://www.example.org.evil.org/a",
                          "https://www.example.org@evil.org/a",
                          "https://user@www.example.org/a",
                          "https:/www.example.org/a",
                          "https:\\\\www.example.org\\a",
                          "https://www.example.org\\a",
                          "javascript://www.example.org/a",
                          "ftp://www.example.org/a",
                          "\\\\evil.org\\a",
                          "/\\evil.org",
                          " /a\\",
                          "null",
                          "://",
                          "https://www.example.org//a",
                          "https://www.example.org/../a",
                          "/a/../b",
                          "data:text/plain,https://www.example.org/a"}) {
    BOOST_CHECK_MESSAGE(for_path(url) == "bad_url", url);
  }
}

// ---- one function computes it, at issue and at redemption

BOOST_AUTO_TEST_CASE(spellings_of_one_url_are_one_resource) {
  const std::string name = name_of("/downloads/a b(1).txt");
  for (const char* uri :
       {"/downloads/a%20b%281%29.txt", "/%64ownloads/a%20b(1).txt",
        "/downloads/a%20b(1).txt?utm_source=mail", "/downloads/a b(1).txt?"}) {
    BOOST_CHECK_EQUAL(name_of(uri), name);
  }
}

// Two different (path, parameters) never share a name.
BOOST_AUTO_TEST_CASE(names_are_injective) {
  Config config;
  Download all;
  all.path = "/";
  for (const char* name : {"a", "aa", "b"}) {
    all.params.emplace(name, *Pattern::compile("[?&=a%+b ]*"));
  }
  config.downloads.push_back(all);
  using Meaning = std::pair<std::string, std::map<std::string, std::string>>;
  std::map<std::string, Meaning> seen;
  Dice dice;
  for (int round = 0; round < 20000; ++round) {
    const std::string path = "/" + dice.text("?&=ab", 5);
    std::string uri = "/" + escaped(path.substr(1)) + '?';
    std::map<std::string, std::string> params;
    for (const char* name : {"a", "aa", "b"}) {
      if (dice.roll(2) == 0) {
        params[name] = dice.text("?&=ab", 4);
        uri += std::string(name) + '=' + escaped(params[name]) + '&';
      }
    }
    const auto resource = find_resource(config, *parse_target(uri));
    BOOST_REQUIRE(resource.has_value());
    const Meaning meaning(path, params);
    const auto [first, is_new] = seen.emplace(resource->name, meaning);
    BOOST_REQUIRE_MESSAGE(first->second == meaning, resource->name);
  }
  BOOST_CHECK_GT(seen.size(), 10000u);
}

BOOST_AUTO_TEST_SUITE_END()
