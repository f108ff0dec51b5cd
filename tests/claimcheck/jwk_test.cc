#include "claimcheck/jwk.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "claimcheck/base64url.h"
#include "key_pairs.h"
#include "oct_keys.h"
#include "vector_helpers.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

const std::string kGood(kSecret);

// without is a JWK without one of its members.
std::string without(const std::string& jwk, const char* name) {
  rapidjson::Document document;
  document.Parse(jwk.c_str());
  BOOST_REQUIRE(document.RemoveMember(name));
  return json_text(document);
}

// with is a JWK with one of its members another JWK's.
std::string with(const std::string& jwk, const char* name,
                 const std::string& other) {
  rapidjson::Document document;
  rapidjson::Document from;
  document.Parse(jwk.c_str());
  from.Parse(other.c_str());
  document[name].CopyFrom(from[name], document.GetAllocator());
  return json_text(document);
}

std::string with_text(const std::string& jwk, const char* name,
                      const std::string& value) {
  return with(jwk, name, "{\"" + std::string(name) + "\":\"" + value + "\"}");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jwk)

BOOST_AUTO_TEST_CASE(a_key_without_alg_is_for_the_usual_one_of_its_kind) {
  const Pkey ec = new_ec();
  const Pkey ed = new_pair("ED25519");
  for (const auto& [text, alg] : {std::pair{oct_jwk(kGood), "HS256"},
                                  {private_jwk(*ec), "ES256"},
                                  {public_jwk(*ec), "ES256"},
                                  {private_jwk(*ed), "EdDSA"},
                                  {public_jwk(*ed), "EdDSA"},
                                  {private_jwk(rsa()), "RS256"},
                                  {public_jwk(rsa()), "RS256"}}) {
    const Key key = loaded(text)[0];
    BOOST_CHECK_EQUAL(name_of(key.algorithm()), alg);
    BOOST_CHECK_EQUAL(key.is_private(),
                      holds(text, "\"d\":") || holds(text, "\"k\":"));
    BOOST_CHECK_EQUAL(key.may_sign(), key.is_private());
    BOOST_CHECK(key.may_verify() && key.kid().empty() && !key.exp());
  }
}

BOOST_AUTO_TEST_CASE(takes_each_alg_for_its_own_kind_alone) {
  const std::string jwks[] = {
      oct_jwk(std::string(64, 's')), public_jwk(*new_ec()),
      public_jwk(*new_pair("ED25519")), public_jwk(rsa())};
  const std::string kinds[] = {"oct", "EC", "OKP", "RSA"};
  const std::string algs[] = {"HS256 HS384 HS512", "ES256", "EdDSA",
                              "RS256 PS256"};
  for (std::size_t i = 0; i < std::size(jwks); ++i) {
    const std::string open = jwks[i].substr(0, jwks[i].size() - 1);
    for (const Algorithm algorithm : kAlgorithms) {
      const std::string jwk = open + alg_member(algorithm) + '}';
      if (holds(algs[i], name_of(algorithm))) {
        BOOST_CHECK(loaded(jwk)[0].algorithm() == algorithm);
      } else {
        check_not_loaded(jwk, "alg is not for keys of kty \"" + kinds[i] + '"');
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_an_alg_that_is_not_offered_by_naming_those) {
  for (const char* alg : {"none", "hs256", "HS1", "ES384", "ES256K", "RS512",
                          "PS384", "RSA-OAEP", "A128KW", "dir", "", "HS256 "}) {
    check_not_loaded(
        oct_jwk(kGood, R"(,"alg":")" + std::string(alg) + '"'),
        "alg is none of HS256, HS384, HS512, ES256, EdDSA, RS256 and PS256");
  }
}

// CVE lesson, an RSA JWK in a union became an empty HMAC key (libjwt 2026): its
// kind decides, and no alg and no k beside it make it another.
BOOST_AUTO_TEST_CASE(an_rsa_key_with_alg_hs256_never_becomes_an_hmac_key) {
  for (const Algorithm algorithm : kHmacs) {
    for (const char* k : {"", R"(,"k":"")",
                          R"(,"k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODl)"
                          R"(hYmNkZWY")"}) {
      const std::string members = alg_member(algorithm) + k;
      for (const std::string& jwk :
           {public_jwk(rsa(), members), private_jwk(rsa(), members)}) {
        check_not_loaded(jwk, "alg is not for keys of kty \"RSA\"");
      }
    }
  }
}

// The same lesson from the other side: an "oct" key of RSA's numbers is empty.
BOOST_AUTO_TEST_CASE(an_oct_key_without_k_is_of_no_bytes_and_refused) {
  std::string jwk = public_jwk(rsa(), R"(,"alg":"HS256")");
  jwk.replace(jwk.find("\"RSA\""), 5, "\"oct\"");
  check_not_loaded(jwk, "the HS256 secret has 0 bytes and needs at least 32");
  check_not_loaded(R"({"kty":"oct"})", "secret has 0 bytes");
  check_not_loaded(R"({"kty":"oct","k":""})", "k is empty");
  check_not_loaded(R"({"kty":"oct","k":null})", "k is not a string");
  check_not_loaded(R"({"kty":"oct","k":["a"]})", "k is not a string");
}

BOOST_AUTO_TEST_CASE(refuses_a_secret_shorter_than_its_hash_and_says_so) {
  for (const Algorithm algorithm : kHmacs) {
    const std::size_t enough = min_secret_size(algorithm);
    const std::string alg = alg_member(algorithm);
    BOOST_CHECK(loaded(oct_jwk(std::string(enough, 's'), alg))[0].algorithm() ==
                algorithm);
    for (const std::size_t size : {enough - 1, enough / 2, std::size_t{1}}) {
      const std::string name(name_of(algorithm));
      check_not_loaded(oct_jwk(std::string(size, 's'), alg),
                       "the " + name + " secret has " + std::to_string(size) +
                           " bytes and needs at least " +
                           std::to_string(enough) +
                           ": make one with `claimcheck keygen --alg " + name);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_kty_that_it_does_not_know) {
  for (const char* kty :
       {"oct ", "OCT", "Oct", "ec", "rsa", "okp", "AKP", ""}) {
    check_not_loaded(with_text(oct_jwk(kGood), "kty", kty),
                     "kty is none of \"oct\", \"EC\", \"OKP\" and \"RSA\"");
  }
  check_not_loaded(without(oct_jwk(kGood), "kty"), "kty is none of ");
  check_not_loaded(R"({"kty":1,"k":"x"})", "kty is none of ");
}

BOOST_AUTO_TEST_CASE(refuses_a_curve_that_is_not_the_algorithms) {
  const std::string ec = public_jwk(*new_ec());
  const std::string ed = public_jwk(*new_pair("ED25519"));
  for (const char* crv :
       {"P-384", "P-521", "secp256k1", "p-256", "Ed25519", ""}) {
    check_not_loaded(with_text(ec, "crv", crv), "crv is not \"P-256\"");
  }
  for (const char* crv : {"X25519", "Ed448", "X448", "ed25519", "P-256", ""}) {
    check_not_loaded(with_text(ed, "crv", crv), "crv is not \"Ed25519\"");
  }
  check_not_loaded(without(ec, "crv"), "crv is not \"P-256\"");
  check_not_loaded(without(ed, "crv"), "crv is not \"Ed25519\"");
}

BOOST_AUTO_TEST_CASE(refuses_a_point_off_the_curve) {
  const std::string a = public_jwk(*new_ec());
  const std::string b = public_jwk(*new_ec());
  check_not_loaded(with(a, "y", b), "x and y are no point of P-256");
  check_not_loaded(with_text(a, "x", base64url_encode(std::string(32, '\xff'))),
                   "x and y are no point of P-256");
  check_not_loaded(
      with_text(with_text(a, "x", base64url_encode(std::string(32, '\0'))), "y",
                base64url_encode(std::string(32, '\0'))),
      "x and y are no point of P-256");
}

// RFC 7518 section 6.2.1.2: always of 32 bytes, with the zeros in front.
BOOST_AUTO_TEST_CASE(refuses_numbers_of_another_size_than_the_curves) {
  const std::string ec = private_jwk(*new_ec());
  const std::string ed = private_jwk(*new_pair("ED25519"));
  for (const std::size_t size : {1u, 31u, 33u, 64u}) {
    const std::string number = base64url_encode(std::string(size, '\1'));
    for (const char* name : {"x", "y", "d"}) {
      check_not_loaded(with_text(ec, name, number),
                       "x, y and d of P-256 are of 32 bytes each");
    }
    for (const char* name : {"x", "d"}) {
      check_not_loaded(with_text(ed, name, number),
                       "x and d of Ed25519 are of 32 bytes each");
    }
  }
  check_not_loaded(without(ec, "y"), "of 32 bytes each");
  check_not_loaded(without(ed, "x"), "of 32 bytes each");
}

BOOST_AUTO_TEST_CASE(refuses_a_private_half_that_does_not_fit_the_public_one) {
  check_not_loaded(with(private_jwk(*new_ec()), "d", private_jwk(*new_ec())),
                   "the private half does not fit the public half");
  check_not_loaded(with(private_jwk(*new_pair("ED25519")), "d",
                        private_jwk(*new_pair("ED25519"))),
                   "x is not the public half of d");
}

// OpenSSL signs by the factors and does not look at d.
BOOST_AUTO_TEST_CASE(refuses_an_rsa_key_of_which_one_number_is_anothers) {
  const std::string rsa_jwk = private_jwk(rsa());
  const std::string other = private_jwk(other_rsa());
  for (const char* name : {"d", "p", "q", "dp", "dq"}) {
    check_not_loaded(with(rsa_jwk, name, other),
                     "the RSA key's d does not fit its factors");
  }
  check_not_loaded(with(rsa_jwk, "n", other),
                   "the private half does not fit the public half");
}

BOOST_AUTO_TEST_CASE(an_rsa_key_has_all_of_its_factors_or_none) {
  const std::string rsa_jwk = private_jwk(rsa());
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi"}) {
    check_not_loaded(without(rsa_jwk, name),
                     "d, p, q, dp, dq and qi come together, or d alone");
  }
  std::string d_alone = rsa_jwk;
  for (const char* name : {"p", "q", "dp", "dq", "qi"}) {
    d_alone = without(d_alone, name);
  }
  BOOST_CHECK(loaded(d_alone)[0].is_private());
  check_not_loaded(private_jwk(rsa(), R"(,"oth":[])"), "more than two primes");
  check_not_loaded(without(public_jwk(rsa()), "n"), "n or e is missing");
  check_not_loaded(without(public_jwk(rsa()), "e"), "n or e is missing");
}

BOOST_AUTO_TEST_CASE(refuses_an_rsa_key_of_another_size) {
  const Pkey small(EVP_RSA_gen(1024));
  for (const std::string& jwk : {public_jwk(*small), private_jwk(*small)}) {
    check_not_loaded(jwk, "an RSA key of 1024 bits: 2048 to 8192 are taken");
  }
  check_not_loaded(with_text(public_jwk(rsa()), "n",
                             base64url_encode(std::string(1025, '\xff'))),
                   "n, e or d is longer than 1024, 8 or n's bytes");
}

BOOST_AUTO_TEST_CASE(refuses_an_rsa_exponent_that_is_no_odd_number) {
  const std::string rsa_jwk = public_jwk(rsa());
  for (const char* e : {"\1", "\2", "\4"}) {
    check_not_loaded(with_text(rsa_jwk, "e", base64url_encode(std::string(e))),
                     "the RSA exponent e is not an odd number");
  }
  check_not_loaded(
      with_text(rsa_jwk, "e", base64url_encode(std::string("\0\3", 2))),
      "e has leading zero bytes");
}

BOOST_AUTO_TEST_CASE(refuses_a_d_of_zero_and_of_the_order_or_more) {
  const std::string ec = private_jwk(*new_ec());
  for (const char byte : {'\0', '\xff'}) {
    check_not_loaded(
        with_text(ec, "d", base64url_encode(std::string(32, byte))),
        "the private half does not fit the public half");
  }
}

// The neutral point as R and 0 as S are a signature under such a key, of every
// text or of one in 2, 4 or 8 (RFC 8032 section 5.1.7).
BOOST_AUTO_TEST_CASE(refuses_an_ed25519_key_under_which_anybody_can_sign) {
  const std::string ed = public_jwk(*new_pair("ED25519"));
  for (const char* y :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    std::string x = unhex(y);
    for (int sign = 0; sign < 2; ++sign) {
      check_not_loaded(with_text(ed, "x", base64url_encode(x)),
                       "an Ed25519 key of small order");
      x.back() = static_cast<char>(x.back() ^ 0x80);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
