#define BOOST_TEST_MODULE claimcheck
#include <boost/test/included/unit_test.hpp>
