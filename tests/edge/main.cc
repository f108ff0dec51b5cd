#define BOOST_TEST_MODULE edge
#include <boost/test/included/unit_test.hpp>
