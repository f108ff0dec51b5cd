#define OPENSSL_SUPPRESS_DEPRECATED

#include "claimcheck/hmac.h"

namespace claimcheck {

void Sha256Hash::init(State& state) { SHA256_Init(&state); }
void Sha256Hash::update(State& state, const void* data, std::size_t size) {
  SHA256_Update(&state, data, size);
}
void Sha256Hash::finish(Digest& digest, State& state) {
  SHA256_Final(digest.data(), &state);
}

void Sha384Hash::init(State& state) { SHA384_Init(&state); }
void Sha384Hash::update(State& state, const void* data, std::size_t size) {
  SHA384_Update(&state, data, size);
}
void Sha384Hash::finish(Digest& digest, State& state) {
  SHA384_Final(digest.data(), &state);
}

void Sha512Hash::init(State& state) { SHA512_Init(&state); }
void Sha512Hash::update(State& state, const void* data, std::size_t size) {
  SHA512_Update(&state, data, size);
}
void Sha512Hash::finish(Digest& digest, State& state) {
  SHA512_Final(digest.data(), &state);
}

}  // namespace claimcheck
