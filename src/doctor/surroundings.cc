// What the server gives away beside the download: the same file under other
// addresses, the programs, and what is private.
#include <algorithm>
#include <array>
#include <set>

#include "claimcheck/ascii.h"
#include "doctor/doctor.h"
#include "policy/query.h"

namespace claimcheck::doctor {
namespace {

std::string list_of(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) {
    list += (list.empty() ? "" : ", ") + shown(path);
  }
  return list;
}

std::string upper_case(std::string text) {
  for (char& c : text) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

// spellings_of lists what a server may take for `path`, and a rule for it may
// not. The last slash is the file's.
std::vector<std::string> spellings_of(const std::string& path) {
  const std::size_t last = path.rfind('/');
  const std::string folder = path.substr(0, last);
  const std::string name = path.substr(last + 1);
  return {
      '/' + path,
      folder + "//" + name,
      folder + "/./" + name,
      folder + "/x/../" + name,
      "/x/.." + path,
      folder + "%2F" + name,
      folder + "/%2E/" + name,
      path + '/',
      path + "/x",
      path + "%00",
      upper_case(path),
      upper_case(folder) + '/' + name,
      "/claimcheck/download.fcgi" + path,
      "/claimcheck/download.cgi" + path,
      "/cgi-bin/download.cgi" + path,
      "/index.html" + path,
  };
}

// elsewhere lists where files of such a name are often found.
std::vector<std::string> elsewhere(const Site& site, const Sample& sample) {
  const std::string& path = site.path;
  const std::size_t second = path.find('/', 1);
  std::set<std::string> tails = {path.substr(path.rfind('/') + 1),
                                 path.substr(1)};
  if (second != std::string::npos) {
    tails.insert(path.substr(second + 1));
  }
  if (!sample.filename.empty()) {
    tails.insert(percent_encode(sample.filename, "-._~"));
  }
  tails.erase("");
  std::vector<std::string> paths;
  for (const char* folder :
       {"/", "/protected/", "/files/", "/download/", "/downloads/",
        "/claimcheck/", "/private/", "/internal/", "/static/", "/data/",
        "/uploads/", "/claimcheck/files/"}) {
    for (const std::string& tail : tails) {
      if (folder + tail != path) {
        paths.push_back(folder + tail);
      }
    }
  }
  return paths;
}

// Search is where something was looked for and found, and how many of the
// answers told nothing.
class Search {
 public:
  explicit Search(Visit& visit) : visit_(visit) {}

  template <typename IsThere>
  void look(const std::string& path, IsThere is_there) {
    const Answer answer = visit_.ask_beside(path);
    unanswered_ += proves_nothing(answer) ? 1 : 0;
    if (is_there(answer)) {
      found_.push_back(path);
    }
  }

  void report(std::string_view code, const std::string& what,
              const std::string& good) {
    if (!found_.empty()) {
      visit_.found(code, what + list_of(found_));
    } else if (unanswered_ > 0) {
      visit_.not_seen("whether " + good, why_not_seen());
    } else {
      visit_.ok(good);
    }
  }

 private:
  std::string why_not_seen() const {
    return visit_.has_given_up()
               ? "the server stopped answering"
               : std::to_string(unanswered_) +
                     " of these requests got no answer, 429 or 5xx";
  }

  Visit& visit_;
  std::vector<std::string> found_;
  int unanswered_ = 0;
};

Search search_file(Visit& visit, const std::vector<std::string>& paths) {
  Search search(visit);
  for (const std::string& path : paths) {
    search.look(path, [&](const Answer& answer) {
      return is_same_file(answer, *visit.sample);
    });
  }
  return search;
}

void check_file(Visit& visit) {
  if (!visit.sample) {
    visit.not_seen("the file under other addresses",
                   "without a download there is nothing to compare with");
    return;
  }
  search_file(visit, spellings_of(visit.site().path))
      .report("spelling_taken", "without a token the file comes as ",
              "no other spelling of its path gives the file");
  search_file(visit, elsewhere(visit.site(), *visit.sample))
      .report("reachable_elsewhere", "without a token the file lies at ",
              "the file lies nowhere else, as far as one can guess");
}

void check_programs(Visit& visit) {
  Search search(visit);
  for (const char* folder : {"/claimcheck/", "/cgi-bin/", "/"}) {
    for (const char* name : {"get-token", "download"}) {
      for (const char* ending : {"", ".fcgi", ".cgi"}) {
        search.look(std::string(folder) + name + ending, is_program);
      }
    }
  }
  search.report("program_shown", "the server hands out ",
                "the programs can be downloaded from nowhere");
}

// What lies at a path, if it says one of these words.
struct Private {
  const char* path;
  std::array<std::string_view, 4> words;
};

constexpr std::array<std::string_view, 4> kConfig = {
    "[[download]]", "state =", "keys =", "access ="};
constexpr std::array<std::string_view, 4> kHtaccess = {
    "RewriteRule", "AddHandler", "AuthUserFile", "Options "};
constexpr std::array<std::string_view, 4> kKey = {"\"kty\"", "\"keys\"",
                                                  "PRIVATE KEY", "\"k\":"};
constexpr std::array<std::string_view, 4> kListing = {
    "Index of /claimcheck", "Directory: /claimcheck", "Index of /state",
    "Directory: /state"};
constexpr std::array<std::string_view, 4> kAudit = {
    "\"event\":\"issued\"", "\"event\":\"redeemed\"", "\"event\":\"refused\"",
    "\"event\":\"resumed\""};

constexpr std::array<std::string_view, 4> kMistakes = {
    "answer 500 until", "claimcheck.toml:", "environment:", "CLAIMCHECK_"};

constexpr Private kPrivate[] = {
    {"/.htaccess", kHtaccess},
    {"/claimcheck/.htaccess", kHtaccess},
    {"/claimcheck/claimcheck.toml", kConfig},
    {"/claimcheck.toml", kConfig},
    {"/claimcheck/", kListing},
    {"/claimcheck/state/", kListing},
    {"/state/", kListing},
    {"/claimcheck/key.jwk", kKey},
    {"/claimcheck/keys.jwk", kKey},
    {"/key.jwk", kKey},
    {"/keys.jwk", kKey},
    {"/claimcheck/audit.log", kAudit},
    {"/audit.log", kAudit},
    {"/claimcheck/mistakes.txt", kMistakes},
};
// A raw secret: one line, and no words to know it by.
constexpr const char* kSecrets[] = {"/claimcheck/state/secret",
                                    "/claimcheck/secret", "/state/secret",
                                    "/secret"};

bool is_secret(std::string_view body) {
  constexpr std::size_t kFewest = 32;
  constexpr std::size_t kMost = 1024;
  if (body.ends_with('\n')) {
    body.remove_suffix(1);
  }
  return body.size() >= kFewest && body.size() <= kMost &&
         body.find_first_of("<{ \t\r\n") == std::string_view::npos;
}

// A page in the place of everything that is not there may say any word.
bool is_page(std::string_view body) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  body.remove_prefix(body.starts_with(kByteOrderMark) ? kByteOrderMark.size()
                                                      : 0);
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  const std::string begin = lower_case(body.substr(0, 5));
  return begin.starts_with("<!") || begin == "<html" || begin == "<?xml";
}

bool is_there(const Answer& answer, const Private& place) {
  const auto is_said = [&](std::string_view word) {
    return answer.body.find(word) != std::string::npos;
  };
  const bool may_be = place.words == kListing || !is_page(answer.body);
  return answer.status == 200 && may_be &&
         std::any_of(place.words.begin(), place.words.end(), is_said);
}

void check_private(Visit& visit) {
  Search search(visit);
  for (const Private& place : kPrivate) {
    search.look(place.path,
                [&](const Answer& answer) { return is_there(answer, place); });
  }
  for (const char* path : kSecrets) {
    search.look(path, [](const Answer& answer) {
      return answer.status == 200 && is_secret(answer.body);
    });
  }
  search.report("private_shown", "everybody can read ",
                "configuration, keys and state are not to be seen");
}

}  // namespace

void examine_surroundings(Visit& visit) {
  check_file(visit);
  check_programs(visit);
  check_private(visit);
}

}  // namespace claimcheck::doctor
