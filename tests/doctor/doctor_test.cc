#include "doctor/doctor.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "scripted_site.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using doctor::Answer;
using doctor::Question;

namespace {

bool is_download(const Question& question) {
  return question.url.find("/downloads/") != std::string::npos &&
         question.url.find("get-token") == std::string::npos;
}

bool has_token(const Question& question) {
  return question.url.find("token=") != std::string::npos;
}

std::string named(ScriptedSite& site) {
  const Seen seen = examined(site);
  const std::set<std::string> codes(seen.codes.begin(), seen.codes.end());
  std::string list;
  for (const std::string& code : codes) {
    list += (list.empty() ? "" : " ") + code;
  }
  BOOST_TEST_MESSAGE(seen.all);
  return list;
}

void set(Answer& answer, const std::string& name, const std::string& value) {
  std::erase_if(answer.headers,
                [&](const Header& each) { return each.name == name; });
  if (!value.empty()) {
    answer.headers.push_back({name, value});
  }
}

// A way in which a site is wrong, and what it is called.
struct Mistake {
  const char* code;
  std::function<void(ScriptedSite&)> make;
};

// replaced makes something else of the download's answers that have a token.
std::function<void(ScriptedSite&)> replaced(
    std::function<void(const Question&, Answer&)> change) {
  return [change](ScriptedSite& site) {
    site.leaving = [change](const Question& question, Answer& answer) {
      if (is_download(question) && has_token(question)) {
        change(question, answer);
      }
    };
  };
}

std::function<void(ScriptedSite&)> header(const std::string& name,
                                          const std::string& value) {
  return replaced([=](const Question&, Answer& answer) {
    if (doctor::is_served(answer)) {
      set(answer, name, value);
    }
  });
}

std::function<void(ScriptedSite&)> refused(int status,
                                           const std::string& code) {
  return replaced([=](const Question&, Answer& answer) {
    if (doctor::is_served(answer)) {
      answer.status = status;
      answer.body = R"({"message":"no","code":")" + code + "\"}";
    }
  });
}

const Mistake kMistakes[] = {
    {"unreachable",
     [](ScriptedSite& site) {
       site.leaving = [](const Question&, Answer& answer) {
         answer = Answer{"(7) Failed to connect", false, 0, {}, "", false};
       };
     }},
    {"tls",
     [](ScriptedSite& site) {
       site.leaving = [](const Question&, Answer& answer) {
         answer =
             Answer{"(60) SSL certificate problem", true, 0, {}, "", false};
       };
     }},
    {"https_unknown",
     [](ScriptedSite& site) {
       site.arriving = [](Request& request) { request.https = false; };
     }},
    {"password_unchecked",
     [](ScriptedSite& site) { site.checks_password = false; }},
    {"command_failed", refused(502, "command_failed")},
    {"keys_differ", refused(403, "token_invalid")},
    {"path_rewritten", refused(403, "token_not_for_this")},
    {"query_lost", refused(400, "token_missing")},
    {"clock", refused(403, "token_expired")},
    {"clock",
     [](ScriptedSite& site) {
       site.leaving = [](const Question&, Answer& answer) {
         set(answer, "Date", "Tue, 14 Nov 2023 22:00:00 GMT");
       };
     }},
    {"foreign_taken", replaced([](const Question& question, Answer& answer) {
       if (question.url.find("eyJhbGciOiJub25l") != std::string::npos) {
         answer.status = 200;
       }
     })},
    {"used_taken",
     [](ScriptedSite& site) {
       // A cache, or a state that is not shared, while the token lives.
       site.leaving = [count = 0](const Question& question,
                                  Answer& answer) mutable {
         if (is_download(question) &&
             answer.body.find("token_used") != std::string::npos &&
             ++count == 1) {
           answer.status = 200;
           answer.body = "abc";
         }
       };
     }},
    {"expired_taken", replaced([](const Question&, Answer& answer) {
       if (answer.body.find("token_expired") != std::string::npos) {
         answer.status = 200;
       }
     })},
    {"no_resume",
     [](ScriptedSite& site) {
       site.arriving = [&site](Request& request) {
         if (site.world.time > kNow + std::chrono::seconds(2)) {
           request.headers.erase("range");
         }
       };
     }},
    {"no_range",
     [](ScriptedSite& site) {
       site.leaving = [](const Question& question, Answer& answer) {
         const auto is_range = [](const Header& each) {
           return each.name == "Range";
         };
         if (std::any_of(question.headers.begin(), question.headers.end(),
                         is_range)) {
           answer.status = 200;
         }
       };
     }},
    {"no_range", header("Accept-Ranges", "")},
    {"no_length", header("Content-Length", "")},
    {"no_length", header("Content-Length", "7")},
    {"weak_etag", header("ETag", "W/\"1\"")},
    {"weak_etag", header("ETag", "")},
    {"compressed", header("Content-Encoding", "gzip")},
    {"headers_lost", header("Content-Disposition", "inline")},
    {"headers_lost", header("Referrer-Policy", "")},
    {"cached", header("Age", "3")},
    {"cached", header("X-Cache", "HIT from cdn")},
    {"cached", header("Cache-Control", "public, max-age=60")},
    {"set_cookie_lost", header("Set-Cookie", "")},
    {"handover_shown", header("X-Accel-Redirect", "/protected/report.csv")},
    {"handover_empty", replaced([](const Question&, Answer& answer) {
       answer.body = doctor::is_served(answer) ? "" : answer.body;
     })},
    {"handover_empty", replaced([](const Question&, Answer& answer) {
       if (doctor::is_served(answer)) {
         answer.status = 404;
         answer.body = "<html>";
       }
     })},
    {"file_without_token",
     [](ScriptedSite& site) {
       site.leaving = [](const Question& question, Answer& answer) {
         if (is_download(question) && question.method == "HEAD") {
           answer.status = 200;
         }
       };
     }},
    {"not_ours",
     [](ScriptedSite& site) {
       site.leaving = [](const Question& question, Answer& answer) {
         if (is_download(question)) {
           answer = Answer{"",
                           false,
                           200,
                           {{"Content-Type", "text/html"}},
                           "<html>our shop</html>",
                           true};
         }
       };
     }},
    {"other_site_taken",
     [](ScriptedSite& site) {
       site.arriving = [](Request& request) {
         request.headers.erase("sec-fetch-site");
       };
     }},
    {"get_token_missing",
     [](ScriptedSite& site) {
       site.leaving = [](const Question& question, Answer& answer) {
         if (question.url.find("get-token") != std::string::npos) {
           answer = Answer{"", false, 200, {}, "<html>our shop</html>", true};
         }
       };
     }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_examines)

BOOST_AUTO_TEST_CASE(nothing_is_found_at_a_healthy_site_in_each_mode) {
  const std::function<void(ScriptedSite&)> ways[] = {
      [](ScriptedSite&) {},
      [](ScriptedSite& site) { site.config.reuse = Reuse::kNever; },
      [](ScriptedSite& site) { site.config.reuse = Reuse::kWindow; },
      [](ScriptedSite& site) {
        site.config.reuse = Reuse::kWindow;
        site.world.files["/srv/downloads/report.csv"].size = 1;
      },
      [](ScriptedSite& site) { site.config.client = ClientBinding::kOff; },
      [](ScriptedSite& site) { site.config.client = ClientBinding::kRequired; },
      [](ScriptedSite& site) { site.config.xsrf = Xsrf::kRequired; },
      [](ScriptedSite& site) {
        site.config.client_fallback = ClientFallback::kAddress;
      },
      [](ScriptedSite& site) {
        site.config.token_lifetime = std::chrono::seconds(10);
      },
      [](ScriptedSite& site) {
        site.world.files["/srv/downloads/report.csv"].size = 0;
      },
  };
  for (const auto& way : ways) {
    ScriptedSite site;
    way(site);
    BOOST_TEST(named(site) == "");
  }
}

BOOST_AUTO_TEST_CASE(each_mistake_is_called_by_its_name_and_no_other) {
  for (const Mistake& mistake : kMistakes) {
    ScriptedSite site;
    mistake.make(site);
    BOOST_TEST(named(site) == mistake.code);
  }
}

BOOST_AUTO_TEST_CASE(a_page_in_the_place_of_everything_is_no_file) {
  ScriptedSite site;
  site.leaving = [](const Question&, Answer& answer) {
    if (answer.status == 404) {
      answer.status = 200;
      answer.body = "<!doctype html><script>state = {\"keys\":1}</script>";
    }
  };
  BOOST_TEST(named(site) == "");
}

BOOST_AUTO_TEST_CASE(an_answer_in_json_to_everything_is_no_secret) {
  ScriptedSite site;
  site.leaving = [](const Question&, Answer& answer) {
    if (answer.status == 404) {
      answer.status = 200;
      answer.body = R"({"error":"there is nothing of that name here"})";
    }
  };
  BOOST_TEST(named(site) == "");
}

// What lies beside the download, and what it is called.
BOOST_AUTO_TEST_CASE(what_lies_about_is_called_by_its_name) {
  const std::string file = [] {
    std::string bytes;
    for (std::uint64_t i = 0; i < 1234; ++i) {
      bytes += file_byte(i);
    }
    return bytes;
  }();
  const struct {
    const char* path;
    std::string body;
    const char* code;
  } places[] = {
      {"/protected/report.csv", file, "reachable_elsewhere"},
      {"/report.csv", file, "reachable_elsewhere"},
      {"/report.csv", file + "x", ""},
      {"/report.csv", "a", ""},
      {"//downloads/report.csv", file, "spelling_taken"},
      {"/cgi-bin/download.cgi",
       "\x7f"
       "ELF",
       "program_shown"},
      {"/claimcheck/", "<!DOCTYPE html><h1>Index of /claimcheck</h1>",
       "private_shown"},
      {"/.htaccess", "<IfModule mod_rewrite.c>\nRewriteRule a b",
       "private_shown"},
      {"/key.jwk", R"({"kty":"oct","k":"AAAA"})", "private_shown"},
      {"/claimcheck/state/secret", std::string(43, 'A') + '\n',
       "private_shown"},
  };
  for (const auto& place : places) {
    ScriptedSite site;
    site.leaving = [&place](const Question& question, Answer& answer) {
      if (question.url == std::string("https://www.example.org") + place.path) {
        answer = Answer{"", false, 200, {}, place.body, true};
      }
    };
    BOOST_TEST(named(site) == place.code, place.path);
  }
}

BOOST_AUTO_TEST_CASE(a_token_slower_than_its_life_is_nobodys_mistake) {
  ScriptedSite site;
  site.config.token_lifetime = std::chrono::milliseconds(10);
  const Seen seen = examined(site);
  BOOST_TEST(seen.codes.empty(), seen.all);
  BOOST_TEST(seen.all.find("longer than a token lives") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_login_what_wants_one_is_not_seen) {
  ScriptedSite site;
  doctor::Site stranger = report_site();
  stranger.login.clear();
  const Seen seen = examined(site, stranger);
  BOOST_TEST(seen.codes.empty(), seen.all);
  BOOST_TEST(seen.all.find("give --user") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    nothing_that_is_told_holds_a_token_or_a_control_character) {
  ScriptedSite site;
  site.leaving = [](const Question& question, Answer& answer) {
    set(answer, "Server", "Apache\x1b[2J");
    if (is_download(question) && doctor::is_served(answer)) {
      set(answer, "Cache-Control", "\x1b]0;owned\x07 " + question.url);
      set(answer, "Content-Encoding", std::string(1000, '\x01'));
    }
  };
  const Seen seen = examined(site);
  BOOST_TEST(seen.codes.size() == 2U, seen.all);
  for (char c : seen.all) {
    BOOST_TEST((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  }
  BOOST_TEST(seen.all.find("eyJhbGciOi") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_answering_is_asked_no_more) {
  ScriptedSite site;
  site.leaving = [&site](const Question&, Answer& answer) {
    if (site.asked.size() > 10) {
      answer = Answer{"(28) timed out", false, 0, {}, "", false};
    }
  };
  const Seen seen = examined(site);
  BOOST_TEST(site.asked.size() == 15U, seen.all);
  BOOST_TEST(seen.all.find("the server stopped answering") !=
             std::string::npos);
}

// A host's limit, while the file lies open where the last questions look.
BOOST_AUTO_TEST_CASE(what_a_server_has_had_enough_of_is_not_called_good) {
  for (const int status : {429, 503}) {
    ScriptedSite site;
    site.leaving = [&site, status](const Question&, Answer& answer) {
      if (site.asked.size() > 32) {
        answer = Answer{"", false, status, {}, "<html>enough</html>", true};
      }
    };
    const Seen seen = examined(site);
    for (const char* good :
         {"\n the file lies nowhere else", "\n no other spelling",
          "\n the programs can be", "\n configuration, keys and state"}) {
      BOOST_TEST(seen.all.find(good) == std::string::npos, seen.all);
    }
    BOOST_TEST(seen.all.find("429 or 5xx") != std::string::npos, seen.all);
  }
}

BOOST_AUTO_TEST_CASE(a_limit_is_no_refusal_and_no_consent) {
  ScriptedSite site;
  site.leaving = [&site](const Question& question, Answer& answer) {
    const bool is_wrong =
        !question.login.empty() && question.login != site.login;
    const bool has_origin =
        std::any_of(question.headers.begin(), question.headers.end(),
                    [](const Header& each) { return each.name == "Origin"; });
    const bool is_copy =
        has_token(question) &&
        std::any_of(question.headers.begin(), question.headers.end(),
                    [](const Header& each) {
                      return each.value.ends_with("(stranger)");
                    });
    if (is_wrong || has_origin || is_copy) {
      answer = Answer{"", false, 503, {}, "<html>", true};
    }
  };
  const Seen seen = examined(site);
  BOOST_TEST(seen.codes.empty(), seen.all);
  for (const char* good :
       {"\n get-token refuses a wrong password",
        "\n get-token takes the Origin", "\n get-token refuses the Origin",
        "\n a copied URL is refused"}) {
    BOOST_TEST(seen.all.find(good) == std::string::npos, good << seen.all);
  }
}

BOOST_AUTO_TEST_CASE(an_executable_may_be_the_download) {
  ScriptedSite site;
  site.leaving = [](const Question& question, Answer& answer) {
    if (!is_download(question) || !doctor::is_served(answer)) {
      return;
    }
    // The ranges that are asked for begin at byte 1.
    const bool is_whole = answer.status == 200;
    answer.body.replace(0, is_whole ? 4 : 3,
                        is_whole ? "\x7f"
                                   "ELF"
                                 : "ELF");
  };
  BOOST_TEST(named(site) == "");
}

BOOST_AUTO_TEST_CASE(a_page_is_nothing_private_whatever_stands_before_it) {
  for (const std::string begin : {"\n  ", "\xEF\xBB\xBF", ""}) {
    ScriptedSite site;
    site.leaving = [&begin](const Question&, Answer& answer) {
      if (answer.status == 404) {
        answer.status = 200;
        answer.body = begin + "<?xml version=\"1.0\"?><html>Options and prices";
      }
    };
    BOOST_TEST(named(site) == "", begin);
  }
}

BOOST_AUTO_TEST_CASE(the_password_goes_to_get_token_alone) {
  ScriptedSite site;
  examined(site);
  for (const Question& question : site.asked) {
    const bool is_get_token =
        question.url.find("/v1/api/get-token") != std::string::npos;
    BOOST_TEST((question.login.empty() || is_get_token), question.url);
  }
}

BOOST_AUTO_TEST_CASE(a_login_in_front_of_the_downloads_too_is_used) {
  ScriptedSite site;
  site.leaving = [](const Question& question, Answer& answer) {
    if (question.login.empty()) {
      answer =
          Answer{"", false, 401, {{"WWW-Authenticate", "Basic"}}, "", true};
    }
  };
  BOOST_TEST(named(site) == "");
}

BOOST_AUTO_TEST_CASE(who_signs_in_is_not_to_have_the_file_elsewhere_either) {
  ScriptedSite site;
  site.leaving = [](const Question& question, Answer& answer) {
    if (question.login.empty()) {
      answer =
          Answer{"", false, 401, {{"WWW-Authenticate", "Basic"}}, "", true};
    } else if (question.url.ends_with("/files/report.csv")) {
      std::string file;
      for (std::uint64_t i = 0; i < 1234; ++i) {
        file += file_byte(i);
      }
      answer = Answer{"", false, 200, {}, file, true};
    }
  };
  BOOST_TEST(named(site) == "reachable_elsewhere");
}

BOOST_AUTO_TEST_SUITE_END()
