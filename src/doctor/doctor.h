// A deployed site, seen from outside: what a stranger, a browser and a thief
// of URLs would get.
//
//   Curl curl("/usr/bin/curl");
//   examine(curl, *parse_site(url), print);
//
// It gets a few tokens and uses them: the download is begun some times, and
// what it leaves on the site is lines in its logs.
#ifndef CLAIMCHECK_DOCTOR_DOCTOR_H_
#define CLAIMCHECK_DOCTOR_DOCTOR_H_

#include "doctor/visit.h"

namespace claimcheck::doctor {

// examine makes all examinations that follow, as far as each makes sense.
void examine(Fetch& fetch, const Site& site, const Report& report);

// get-token: who is given a token, cookies, and other sites. False where
// nothing of it can be had.
bool examine_get_token(Visit& visit);
// Other sites and this one at get-token, which checks them before the caller:
// where `is_ours`, a 401 is as good as a token.
void examine_other_sites(Visit& visit, bool signs_in, bool is_ours);
// The download without a token, or with one that nobody should take. False
// where it is not ours.
bool examine_refusals(Visit& visit);
// Tokens that are good: used, used again, expired, resumed. Leaves the sample.
void examine_use(Visit& visit);
// The head of an answer with a file. False where the file did not come as it
// is.
bool examine_head(Visit& visit, const Answer& answer, const Given& given);
// The same file under other addresses and spellings, and what is private.
void examine_surroundings(Visit& visit);
// The tokens of this visit in log files.
void examine_logs(Visit& visit);

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_DOCTOR_H_
