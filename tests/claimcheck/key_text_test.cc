// Texts of keys that are no JSON: raw secrets, and what is taken for which.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "claimcheck/base64url.h"
#include "claimcheck/hmac.h"
#include "claimcheck/key_set.h"
#include "claimcheck/sha256.h"
#include "key_pairs.h"
#include "oct_keys.h"
#include "vector_helpers.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

const std::string kLine(kSecret);

bool is_key_of(std::string_view text, std::string_view secret) {
  return loaded(text)[0].thumbprint() == Key::hs256(secret)->thumbprint();
}

void check_says_nothing_of(const std::string& text, std::string_view secret) {
  const std::string why = why_not_loaded(text);
  BOOST_CHECK(!why.empty());
  BOOST_CHECK_MESSAGE(!holds(why, secret), why);
  BOOST_CHECK_MESSAGE(!holds(why, base64url_encode(secret)), why);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_text)

BOOST_AUTO_TEST_CASE(tells_json_pem_and_secrets_apart) {
  const auto is = [](KeyTextForm form, std::string_view text) {
    return form_of(text) == form;
  };
  for (const char* text : {"{", "{}", " \t\r\n{\"kty\"", "{-----BEGIN X"}) {
    BOOST_CHECK(is(KeyTextForm::kJwk, text));
  }
  for (const char* text : {"-----BEGIN ", "words\n-----BEGIN X-----",
                           "x-----BEGIN X-----", "-----BEGIN X\\n"}) {
    BOOST_CHECK(is(KeyTextForm::kPem, text));
  }
  for (const char* text : {"", " ", "\n", "[", "x{", "\xef\xbb\xbf{",
                           "-----BEGIN", "----BEGIN X", "-----begin x"}) {
    BOOST_CHECK(is(KeyTextForm::kSecret, text));
  }
}

BOOST_AUTO_TEST_CASE(a_line_end_is_no_part_of_a_secret) {
  BOOST_CHECK_EQUAL(without_line_end("a\n"), "a");
  BOOST_CHECK_EQUAL(without_line_end("a\r\n"), "a");
  BOOST_CHECK_EQUAL(without_line_end("a\n\n"), "a\n");
  BOOST_CHECK_EQUAL(without_line_end("a\n\r"), "a\n");
  BOOST_CHECK_EQUAL(without_line_end(""), "");
  for (const char* end : {"", "\n", "\r\n"}) {
    BOOST_CHECK(is_key_of(kLine + end, kLine));
  }
}

BOOST_AUTO_TEST_CASE(a_secret_is_one_line) {
  for (const std::string& text :
       {kLine + "\n\n", kLine + '\n' + kLine, '\n' + kLine,
        kLine + "\r" + kLine, kLine + "\n\r", '\r' + kLine + '\n'}) {
    check_not_loaded(text, "a raw secret is one line of at least 32 bytes");
  }
}

// Spaces and NULs are bytes like others.
BOOST_AUTO_TEST_CASE(all_other_bytes_of_a_secret_count) {
  const std::string with_nul = std::string(16, 's') + '\0' + kLine;
  BOOST_CHECK(is_key_of(with_nul, with_nul));
  BOOST_CHECK(!is_key_of(with_nul, std::string(16, 's') + '\0' + kLine + 'x'));
  BOOST_CHECK(is_key_of(' ' + kLine + " \n", ' ' + kLine + ' '));
  BOOST_CHECK(is_key_of(std::string(32, '\xff'), std::string(32, '\xff')));
}

BOOST_AUTO_TEST_CASE(a_secret_of_31_bytes_is_refused_with_or_without_line_end) {
  for (const char* end : {"", "\n", "\r\n"}) {
    check_not_loaded(std::string(31, 's') + end,
                     "the HS256 secret has 31 bytes and needs at least 32");
  }
  check_not_loaded("", "the HS256 secret has 0 bytes");
  check_not_loaded("\r\n", "the HS256 secret has 0 bytes");
}

BOOST_AUTO_TEST_CASE(takes_65536_bytes_and_not_65537) {
  BOOST_CHECK_EQUAL(loaded(std::string(65536, 's')).size(), 1u);
  for (const std::string& text :
       {std::string(65537, 's'), '{' + std::string(65536, ' '),
        "-----BEGIN " + std::string(65536, ' ')}) {
    check_not_loaded(text, "longer than 65536 bytes: no key");
  }
}

// CVE lesson, algorithm confusion: the text of a public key was taken for a
// secret, which everybody has then (PyJWT, CVE-2017-11424 and CVE-2022-29217).
BOOST_AUTO_TEST_CASE(the_text_of_a_public_key_never_becomes_a_secret) {
  for (const std::string& pem : {public_pem(rsa()), public_pem(*new_ec()),
                                 public_pem(*new_pair("ED25519"))}) {
    const KeySet keys = loaded(pem);
    BOOST_CHECK(!is_hmac(keys[0].algorithm()) && !is_private(keys));
    for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1)}) {
      BOOST_CHECK_EQUAL(outcome(Key::hs256(secret)), "config");
      BOOST_CHECK(holds(Key::hs256(secret).error().detail,
                        "is the text of a PEM or SSH key"));
      check_not_loaded(oct_jwk(secret), "is the text of a PEM or SSH key");
    }
    std::string one_line = pem;
    std::replace(one_line.begin(), one_line.end(), '\n', ' ');
    check_not_loaded(one_line, " PEM block ");
  }
}

BOOST_AUTO_TEST_CASE(the_line_of_an_ssh_key_never_becomes_a_secret) {
  for (const char* kind :
       {"ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-nistp256",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"}) {
    const std::string line = std::string(kind) + " AAAAC3NzaC1lZDI1NTE5AAAAI";
    check_not_loaded(line + kLine + " me@here\n",
                     "is the text of a PEM or SSH key");
  }
  BOOST_CHECK(is_key_of("ssh-rsa-" + kLine, "ssh-rsa-" + kLine));
}

// A token under the text of the public key, as who has that alone can mint it.
BOOST_AUTO_TEST_CASE(no_hmac_token_is_good_for_a_public_key) {
  const std::string claims = R"({"exp":1700000002})";
  for (const std::string& text :
       {public_pem(rsa()), public_jwk(rsa()), public_pem(*new_ec())}) {
    const std::string input =
        base64url_encode(kHeader) + '.' + base64url_encode(claims);
    const std::string token =
        input + '.' + base64url_encode(bytes_of(HmacSha256(text).mac(input)));
    BOOST_CHECK_EQUAL(why_refused(token, loaded(text)),
                      "no key that may verify is for the token's alg");
  }
}

BOOST_AUTO_TEST_CASE(no_error_holds_what_it_read) {
  const std::string secret = "hunter2-hunter2-hunter2";
  const std::string k = base64url_encode(secret);
  for (const std::string& text :
       {secret, kLine + '\n' + secret, oct_jwk(secret),
        oct_jwk(secret, R"(,"kid":"a","kid":"b")"),
        R"({"kty":"oct","k":")" + secret + "=\"}",
        R"({"kty":")" + secret + "\"}", R"({"kty":"oct","alg":")" + k + "\"}",
        R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":")" + k + "\"}",
        R"({"kty":"OKP","crv":"Ed25519","x":"AA","d":")" + k + "\"}",
        R"({"kty":"RSA","n":"AQ","e":"AQAB","d":")" + k + "\"}",
        R"({"keys":[{"kty":"oct","kid":"a","k":")" + k + "\"}]}",
        "-----BEGIN PRIVATE KEY-----\n" + k + "\n-----END PRIVATE KEY-----\n",
        "-----BEGIN " + secret + "-----\n" + k + "\n-----END " + secret +
            "-----\n"}) {
    check_says_nothing_of(text, secret);
  }
}

BOOST_AUTO_TEST_SUITE_END()
