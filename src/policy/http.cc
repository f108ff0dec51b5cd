#include "policy/http.h"

#include <algorithm>

#include "claimcheck/ascii.h"

namespace claimcheck {
namespace {

// The article's texts, to the letter: clients compare them.
constexpr std::string_view kNoToken = "Valid tokens not present ";
constexpr std::string_view kBadToken = "Download token expired";

constexpr std::string_view kClickAgain =
    "Go back to the page that offered the download and click there again.";

}  // namespace

const std::string* Request::header(std::string_view name) const {
  const bool is_lower = std::all_of(name.begin(), name.end(),
                                    [](char c) { return c == lower_case(c); });
  const auto found =
      is_lower ? headers.find(name) : headers.find(lower_case(name));
  return found == headers.end() ? nullptr : &found->second;
}

std::string_view Response::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name == name) {
      return header.value;
    }
  }
  return {};
}

Refusal refusal_for(Errc code) {
  switch (code) {
    case Errc::kTokenMissing:
      return {400, "token_missing", kNoToken, "This link needs a fresh token",
              "It starts a download only from the page that offers it, with "
              "scripts switched on."};
    case Errc::kTokenInvalid:
      return {403, "token_invalid", kBadToken, "This link is not valid",
              kClickAgain};
    case Errc::kTokenExpired:
      return {403, "token_expired", kBadToken, "This link has expired",
              kClickAgain};
    case Errc::kTokenUsed:
      return {403, "token_used", kBadToken, "This link was used already",
              kClickAgain};
    case Errc::kTokenNotForThis:
      return {403, "token_not_for_this", kBadToken,
              "This link is for another file", kClickAgain};
    case Errc::kTokenOtherClient:
      return {403, "token_other_client", kBadToken,
              "This link was made for another browser", kClickAgain};
    case Errc::kNotAllowed:
      return {403, "not_allowed", "You may not have this download",
              "You may not have this download",
              "Ask the site's owner, or sign in as somebody else."};
    case Errc::kPrefetch:
      return {403, "prefetch", "Downloads are not prefetched",
              "Downloads are not prefetched", kClickAgain};
    case Errc::kBadUrl:
      return {400, "bad_url", "The download's address is malformed",
              "This address is malformed", kClickAgain};
    case Errc::kMethod:
      return {405, "method", "The method is not allowed here",
              "This address is for downloads", kClickAgain};
    case Errc::kXsrf:
      return {403, "xsrf", "The request does not come from a page of this site",
              "This request came from elsewhere",
              "Reload the page and click there again."};
    case Errc::kNotSignedIn:
      return {401, "not_signed_in", "You are not signed in",
              "You are not signed in", "Sign in and click again."};
    case Errc::kNotFound:
      return {404, "not_found", "There is no such download",
              "There is no such download",
              "The file may have been moved or removed."};
    case Errc::kPreconditionFailed:
      return {412, "precondition_failed",
              "The file is not the version that was asked for",
              "The file has changed",
              "Start the download anew from the page that offered it."};
    case Errc::kRangeNotSatisfiable:
      return {416, "range_not_satisfiable",
              "The file has no bytes where they were asked for",
              "The file ends before that",
              "Start the download anew from the page that offered it."};
    case Errc::kTooLarge:
      return {413, "too_large", "The request is too large",
              "The request is too large",
              "Remove this site's cookies in your browser and try again."};
    case Errc::kCommandFailed:
      return {502, "command_failed", "The download could not be made",
              "The download could not be made",
              "Try again later. The site's owner finds the reason in the "
              "server's log."};
    case Errc::kConfig:
      return {500, "config", "The download service is not set up correctly",
              "The download service is not set up correctly",
              "The site's owner finds the reason in the server's log."};
    case Errc::kUnavailable:
      return {503, "unavailable",
              "Downloads are not available now; try again soon",
              "Downloads are not available now",
              "Try again in a few seconds. The site's owner finds the reason "
              "in the server's log."};
  }
  __builtin_unreachable();
}

}  // namespace claimcheck
