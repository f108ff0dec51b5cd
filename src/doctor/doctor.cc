#include "doctor/doctor.h"

namespace claimcheck::doctor {
namespace {

// examine_all stops where what follows would say the same once more.
void examine_all(Visit& visit) {
  const bool has_token = examine_get_token(visit);
  if (!examine_refusals(visit)) {
    visit.not_seen("what becomes of a token", "the download is not ours");
  } else if (has_token) {
    examine_use(visit);
  } else {
    visit.not_seen("what becomes of a token", "there is none to use");
  }
  examine_surroundings(visit);
  examine_logs(visit);
}

}  // namespace

void examine(Fetch& fetch, const Site& site, const Report& report) {
  Visit visit(fetch, site, report);
  const Answer answer = visit.ask(Who::kStranger, "/");
  if (!answer.failure.empty()) {
    is_trouble(visit, answer, site.origin);
    return;
  }
  visit.server = server_of(answer.header("server"));
  visit.note(visit.server == Server::kUnknown
                 ? "the server does not say that it is Apache, lighttpd or "
                   "nginx: what to do is said for all three"
                 : "the server calls itself " + shown(answer.header("server")));
  examine_all(visit);
}

}  // namespace claimcheck::doctor
