#include "edge/lease_record.h"

#include <boost/test/unit_test.hpp>

#include "leases.h"
#include "policy/lease.h"

using namespace claimcheck;
using namespace claimcheck::testing;

BOOST_AUTO_TEST_SUITE(lease_records)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  Lease lease = lease_of("a1");
  BOOST_CHECK(
      is_same(read_lease_record(lease_record(lease), lease.token), lease));
  lease.address = "the hash of an address";
  lease.cookie = "";
  lease.etag = "";
  lease.file = {};
  lease.file.mtime_ns = -1;
  BOOST_CHECK(
      is_same(read_lease_record(lease_record(lease), lease.token), lease));
}

BOOST_AUTO_TEST_CASE(of_the_longest_resource_is_read) {
  Lease lease = lease_of("a1");
  lease.resource.assign(4096, '\x01');
  BOOST_CHECK_LT(lease_record(lease).size(), kMaxLeaseRecord);
  BOOST_CHECK(
      is_same(read_lease_record(lease_record(lease), lease.token), lease));
}

// What a power cut leaves, and what somebody wrote by hand.
BOOST_AUTO_TEST_CASE(that_cannot_be_read_is_nobodys_lease) {
  const Lease lease = lease_of("a1");
  const std::string whole = lease_record(lease);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Lease read = read_lease_record(whole.substr(0, size), lease.token);
    BOOST_CHECK(read.cookie.empty() && read.address.empty());
    BOOST_CHECK_EQUAL(read.token.handle, "a1");
  }
  for (
      const char* wrong :
      {"{}\n", "[]\n", "null\n", "\n\n", "x\n",
       R"({"resource":1,"size":"1","mtime_ns":"1","inode":"1","cookie":"c","redeemed_ms":1,"deadline_ms":1})"
       "\n",
       R"({"resource":"","size":"1x","mtime_ns":"1","inode":"1","cookie":"c","redeemed_ms":1,"deadline_ms":1})"
       "\n",
       R"({"resource":"","size":"-1","mtime_ns":"1","inode":"1","cookie":"c","redeemed_ms":1,"deadline_ms":1})"
       "\n",
       R"({"resource":"","size":"1","mtime_ns":"1","inode":"1","cookie":"c","redeemed_ms":1,"deadline_ms":1e300})"
       "\n",
       R"({"resource":"","size":"1","mtime_ns":"1","inode":"1","cookie":"c","redeemed_ms":"1","deadline_ms":1})"
       "\n"}) {
    BOOST_CHECK_EQUAL(read_lease_record(wrong, lease.token).cookie, "");
  }
}

BOOST_AUTO_TEST_CASE(holds_neither_line_ends_nor_controls) {
  const std::string record = lease_record(lease_of("a1"));
  BOOST_CHECK_EQUAL(record.find('\n'), record.size() - 1);
}

BOOST_AUTO_TEST_SUITE_END()
