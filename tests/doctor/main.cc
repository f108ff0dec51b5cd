#define BOOST_TEST_MODULE doctor
#include <boost/test/included/unit_test.hpp>
