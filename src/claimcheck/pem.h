// Keys in PEM (RFC 7468), as openssl and ssh-keygen -m write them.
#ifndef CLAIMCHECK_PEM_H_
#define CLAIMCHECK_PEM_H_

#include <string_view>

#include "claimcheck/pkey.h"
#include "claimcheck/result.h"

namespace claimcheck {

struct PemKey {
  Pkey pkey;
  Algorithm algorithm;
  bool is_private;
};

// read_pem reads the one key of `text`: PRIVATE KEY (RFC 5958), EC PRIVATE KEY
// (RFC 5915), RSA PRIVATE KEY, RSA PUBLIC KEY (RFC 8017) or PUBLIC KEY (RFC
// 5280). An EC PARAMETERS block before it is passed over. kConfig for all
// else; an encrypted key is never asked a passphrase for. The key is not
// checked yet.
Result<PemKey> read_pem(std::string_view text);

}  // namespace claimcheck

#endif  // CLAIMCHECK_PEM_H_
