#define BOOST_TEST_MODULE policy
#include <boost/test/included/unit_test.hpp>
