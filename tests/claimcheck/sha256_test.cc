#include "claimcheck/sha256.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "claimcheck/hmac.h"

using namespace claimcheck;

BOOST_AUTO_TEST_SUITE(sha256)

BOOST_AUTO_TEST_CASE(hashes_the_examples_of_fips_180) {
  BOOST_CHECK_EQUAL(
      hex(Sha256().update("abc").finish()),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_CHECK_EQUAL(
      hex(Sha256().finish()),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(hashes_pieces_as_the_whole) {
  const auto whole = Sha256().update("one, two").finish();
  BOOST_CHECK(Sha256().update("one").update(", ").update("two").finish() ==
              whole);
}

BOOST_AUTO_TEST_CASE(sized_fields_cannot_be_cut_in_another_place) {
  BOOST_CHECK(Sha256().update_sized("ab").update_sized("c").finish() !=
              Sha256().update_sized("a").update_sized("bc").finish());
  BOOST_CHECK(Sha256().update_sized("ab").update_sized("").finish() !=
              Sha256().update_sized("").update_sized("ab").finish());
}

// RFC 4231 sections 4.2, 4.3, 4.7 (a key longer than a block).
BOOST_AUTO_TEST_CASE(macs_the_cases_of_rfc_4231) {
  BOOST_CHECK_EQUAL(
      hex(HmacSha256(std::string(20, '\x0b')).mac("Hi There")),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  BOOST_CHECK_EQUAL(
      hex(HmacSha256("Jefe").mac("what do ya want for nothing?")),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  BOOST_CHECK_EQUAL(
      hex(HmacSha256(std::string(131, '\xaa'))
              .mac("Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

BOOST_AUTO_TEST_CASE(a_key_of_a_block_is_used_as_it_is_and_a_longer_one_not) {
  const std::string block(64, 'k');
  const std::string longer(65, 'k');
  BOOST_CHECK(HmacSha256(block).mac("m") !=
              HmacSha256(bytes_of(Sha256().update(block).finish())).mac("m"));
  BOOST_CHECK(HmacSha256(longer).mac("m") ==
              HmacSha256(bytes_of(Sha256().update(longer).finish())).mac("m"));
}

BOOST_AUTO_TEST_CASE(one_hmac_macs_any_number_of_times_from_any_thread) {
  const HmacSha256 hmac("a key");
  const auto expected = hmac.mac("text");
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        count += hmac.mac("text") == expected ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  BOOST_CHECK(wrong == std::vector<int>(4, 0));
}

// CVE lesson, memcmp on a MAC: the comparison is a function of its own that
// looks at the whole of both, and lengths count.
BOOST_AUTO_TEST_CASE(compares_all_bytes_and_the_length) {
  BOOST_CHECK(equal_in_constant_time("", ""));
  BOOST_CHECK(equal_in_constant_time("abc", "abc"));
  BOOST_CHECK(!equal_in_constant_time("abc", "abd"));
  BOOST_CHECK(!equal_in_constant_time("abc", "bbc"));
  BOOST_CHECK(!equal_in_constant_time("abc", "ab"));
  BOOST_CHECK(!equal_in_constant_time("abc", ""));
  BOOST_CHECK(
      !equal_in_constant_time(std::string("a\0b", 3), std::string("a\0c", 3)));
}

BOOST_AUTO_TEST_SUITE_END()
