// Result<T>: a value, or the reason why there is none.
//
//   Result<Key> key = Key::hs256(secret);
//   if (!key) return key.error();       // an Error converts to any Result
//   use(*key);
//
// The member names are std::expected's (C++23), so that it can take over.
#ifndef CLAIMCHECK_RESULT_H_
#define CLAIMCHECK_RESULT_H_

#include <string>
#include <utility>
#include <variant>

namespace claimcheck {

// Errc is why a request or a token was refused: the codes of the HTTP
// contract, one enumerator each. policy/http maps it to status and words.
enum class Errc {
  kTokenMissing,
  kTokenInvalid,
  kTokenExpired,
  kTokenUsed,
  kTokenNotForThis,
  kTokenOtherClient,
  kNotAllowed,
  kPrefetch,
  kBadUrl,
  kMethod,
  kXsrf,
  kNotSignedIn,
  kNotFound,
  kPreconditionFailed,
  kRangeNotSatisfiable,
  kTooLarge,
  kCommandFailed,
  kConfig,
  kUnavailable,
};

// Error is a code for the client and a detail for the log. The detail never
// holds a secret, a key or any part of a token.
struct Error {
  Errc code;
  std::string detail;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // value() and error() throw std::bad_variant_access when asked for the
  // alternative that is not there: that is a bug of the caller.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const { return std::get<1>(state_); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_RESULT_H_
