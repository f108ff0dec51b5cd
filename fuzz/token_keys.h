// The keys of the token target: made for it, and secret to nobody.
#ifndef CLAIMCHECK_FUZZ_TOKEN_KEYS_H_
#define CLAIMCHECK_FUZZ_TOKEN_KEYS_H_

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/algorithm.h"
#include "claimcheck/ascii.h"
#include "claimcheck/key_set.h"
#include "property.h"

namespace claimcheck::fuzz {

// The members of their JWKs but for alg and kid.
inline constexpr std::string_view kHs256Members =
    "\"kty\":\"oct\",\"k\":\"YSBzZWNyZXQgZm9yIHRoZSBmdXp6ZXIgdGhhdCBhbG"
    "wgbWF5IGtub3c\"";
inline constexpr std::string_view kHs384Members =
    "\"kty\":\"oct\",\"k\":\"YSBsb25nZXIgc2VjcmV0IGZvciB0aGUgZnV6emVyIH"
    "RoYXQgYWxsIHdobyByZWFkIHRoaXMgbWF5IGtub3c\"";
inline constexpr std::string_view kHs512Members =
    "\"kty\":\"oct\",\"k\":\"dGhlIGxvbmdlc3Qgc2VjcmV0IGZvciB0aGUgZnV6em"
    "VyLCBhcyBsb25nIGFzIGl0cyBoYXNoIG9yIGxvbmdlciwgdGhhdCBhbGwgd2hvIHJl"
    "YWQgdGhpcyBtYXkga25vdw\"";
inline constexpr std::string_view kP256Members =
    "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"t5PgWmvNNAkp8YZfU8QpgXOkv"
    "DizlLy8qlMne0Wl2sk\",\"y\":\"TV6MHUoWDGtnb8tMU8xOISNfJn1QRhQyr6iAD"
    "wJtRiw\",\"d\":\"sE1VE3JS5joH0HvsWxAqt-ERj4juf9CTbVtkHO8TZvk\"";
inline constexpr std::string_view kEd25519Members =
    "\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"jf-bVsvM_MD8Nwfx8kdyAr"
    "g3siQTRzogO4MCyAxB8Qs\",\"d\":\"Ra3r8sX0BO7cVxGDnJDrZL9rqkLTIIP9Z4"
    "s1LnSC0es\"";
inline constexpr std::string_view kRsaMembers =
    "\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"ylvH3uNTLztThKv00RG5Y6P8dhy"
    "Xjnt1Onfi7jbwm-0x6BBD8oAvykGOXAfN2UY2LtkRy93VrbZT3GJZiZqSLHym4aJEK"
    "xLbw2dsT6SDPTvAi3VqRivk11GGmlqSa83FepnXhkyEpCOe-unyPUe9mSeAttMXq1m"
    "glyhFFGT5V6os6wCQMIxNKMjQvppSn2Jv1FUki3tSlrW6VEvPpvIxJCO2L4IDjnmhb"
    "NWu-XqKQE0268q8nquz4VI7sy9JUxZB5OdQPIRcKj_07GOnD2PUCKmQXnFyMRdHHpa"
    "tKL91uXJya1nCw8vc2ZzHcFen6ZG4dEq3VqUgeWZdp2HltImUXw\",\"d\":\"NhUk"
    "jH3uEAwHjMhWdIALr8U2pqyKlvKJCLjc5jS5xrq0oWSjfE7lNuWhchhF3GGG_qtWNc"
    "nSn4xAyoBglMXCdnBUO66eEHMIWCeui3SY_McY9UzKu_lkPmXUFzHIu1YyBsvSDdsq"
    "giHhDgdzjgw78JBdtr8hLtMT-AIzwDkiaNqg4-54Ow8yjtjooY4wLO4pKQ4G3xKlYi"
    "x-dHdlMBd7xu7760GlmxD82OejSUPbd0Di69nMDvwwCUm1bpFSxPY0c_K8-dkG6P4x"
    "ligmYRFhK1ZvyZGn_jKSiJRL9OTrlLFLCQVJn0ribI_6P2Smho6uWyX2jtiBwCXSi7"
    "l503Q56Q\",\"p\":\"-N-u0Wmb-3n9wgLxyikzaRDh4HPPJ4loC7yOyZZ4pQTF1u6"
    "Itgv2hpw7mVVhRK8MsSohAxiAQp5Eiqe_LDPZ5C6CRO2WijeyzQqbiOmLz9pvvRZ-G"
    "dGIv_426XfMwSgHZ0RQBawEMmPzrum4RWO6mlwGIkubmNJs8EPSdFLsaWc\",\"q\""
    ":\"0CcgqeBXfTM9kGGob0b2h0SqDcHmhY33cqtTVBrMWMdvbXe3OGE7IaCW-7T-Blx"
    "JhA6_-nMsT86fL9pmFv5wT63it74B-KY8AFlP6Tixtm34aybl7Vo8Vz5S8E139rO8y"
    "vEDk3lF_EzzPIEON2G6uH1NEiQcAKy3ml4o1yiCikk\",\"dp\":\"7GkXmMgYqz9M"
    "BXNkmeSfeIvX9a4tN2J4msWIYgh1HFS3Vp-K8FvW2DIrD1IirusWRGk_qMAqfp33gD"
    "svB99NeUuQ5cdHvI6CY_JSozEvZcgbYuSt7vqzS6ZCJW9u6oGK3tbuqSSpa_C0uBA-"
    "wnOk_CK0lPl7miUx5N6YWXW4K7s\",\"dq\":\"tpQrjXZPp20jqhpPENRQ99OdyhV"
    "za2BcVUO8AsDCz3iX35ArsRNwN43SAZT_YHrgrSn28OrHSnV1ohbSh4bE4s8mV38d4"
    "YmGhdPRSUPGdbs-NFbZRXlqBiiPvWJmQInlpqkDNv8gCS9CB6c33hImIx8dVDVCLsF"
    "RBuFit188Kak\",\"qi\":\"ab7ZMuTfV50SpeixTnU4q0RtxAh1FSUq564dCjALB9"
    "UeHRz_UlbeeGioQt184DIp8-ALeyk5usohbGDw0_ekoUd1PfvK4JO-bHPsc7hE5RJJ"
    "6pA2ZdCOvkVoU_6DS8nVtUmtMiz2lto7h4aJBlPrt10iU2F63QuN1jxAq-J4Vbk\"";

// RS256 and PS256 share their key: nothing but the algorithm keeps them apart.
struct FixedKey {
  Algorithm algorithm;
  std::string_view members;
};

inline constexpr FixedKey kFixedKeys[] = {
    {Algorithm::kHs256, kHs256Members},   {Algorithm::kHs384, kHs384Members},
    {Algorithm::kHs512, kHs512Members},   {Algorithm::kEs256, kP256Members},
    {Algorithm::kEdDsa, kEd25519Members}, {Algorithm::kRs256, kRsaMembers},
    {Algorithm::kPs256, kRsaMembers}};

inline std::string jwk_of(const FixedKey& key, bool is_named) {
  const std::string name(name_of(key.algorithm));
  std::string jwk = R"({"alg":")" + name + R"(",)";
  if (is_named) {
    jwk += R"("kid":")" + lower_case(name) + R"(",)";
  }
  return jwk + std::string(key.members) + '}';
}

inline KeySet parse_fixed(const std::string& text) {
  Result<KeySet> keys = parse_keys(text);
  require(keys.has_value(), "the target's own keys are read");
  return *std::move(keys);
}

// named_keys are all of them; the kid of each is its algorithm in lower case.
inline const KeySet& named_keys() {
  static const KeySet keys = [] {
    std::string set;
    for (const FixedKey& key : kFixedKeys) {
      set += (set.empty() ? R"({"keys":[)" : ",") + jwk_of(key, true);
    }
    return parse_fixed(set + "]}");
  }();
  return keys;
}

// lone_key is a set of one of them, without a kid.
inline const KeySet& lone_key(std::size_t index) {
  static const std::vector<KeySet> sets = [] {
    std::vector<KeySet> made;
    std::transform(
        std::begin(kFixedKeys), std::end(kFixedKeys), std::back_inserter(made),
        [](const FixedKey& key) { return parse_fixed(jwk_of(key, false)); });
    return made;
  }();
  return sets[index];
}

}  // namespace claimcheck::fuzz

#endif  // CLAIMCHECK_FUZZ_TOKEN_KEYS_H_
