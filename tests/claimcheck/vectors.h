// Published test vectors, read at run time: they are other projects' and not
// part of this one. The folder is $CLAIMCHECK_VECTORS, else ../shared/vectors
// beside the project; where it is absent the tests that need it are skipped.
#ifndef CLAIMCHECK_TESTS_CLAIMCHECK_VECTORS_H_
#define CLAIMCHECK_TESTS_CLAIMCHECK_VECTORS_H_

#include <rapidjson/document.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace claimcheck::testing {

inline std::string vector_file(const std::string& name) {
  const char* folder = std::getenv("CLAIMCHECK_VECTORS");
  return std::string(folder != nullptr ? folder : "../shared/vectors") + '/' +
         name;
}

inline std::string read_vector(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(vector_file(name)).rdbuf();
  return text.str();
}

inline rapidjson::Document parse_vector(const std::string& name) {
  rapidjson::Document document;
  document.Parse(read_vector(name).c_str());
  BOOST_REQUIRE(!document.HasParseError());
  return document;
}

// HasVector is a precondition for a test case that reads the file `name`.
struct HasVector {
  std::string name;

  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id) const {
    boost::test_tools::assertion_result present(
        std::ifstream(vector_file(name)).good());
    present.message() << "the published vectors " << vector_file(name)
                      << " are not on this machine";
    return present;
  }
};

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_CLAIMCHECK_VECTORS_H_
