// Why something else than the answer that was wanted comes from the site.
import {ELF, ask, isGood, startsWith} from './doctor.ask.js';

const REFUSALS = {
  config: 'config_broken',
  unavailable: 'state_unavailable',
  command_failed: 'command_failed',
};

/** troubleOf an answer, whichever program was asked: its code, if it is one. */
export const troubleOf = (answer) => {
  if (startsWith(answer.bytes, ELF)) return 'program_shown';
  if (answer.isRedirect) return 'redirected';
  if (answer.status === 0) return 'unreachable';
  if (answer.json.code) return REFUSALS[answer.json.code];
  return answer.status >= 500 || answer.status === 403 ? 'program_down' : undefined;
};

const REFUSALS_OF_GET_TOKEN = {not_signed_in: 'signed_in_refused', xsrf: 'origin_refused'};

/** codeOfNoToken of get-token's answer that has none. */
export const codeOfNoToken = (answer) => {
  const trouble = troubleOf(answer);
  if (trouble) return trouble;
  if (answer.json.code) return REFUSALS_OF_GET_TOKEN[answer.json.code] || 'url_refused';
  return answer.status === 401 ? 'signed_in_refused' : 'get_token_missing';
};

// Why a fresh token was refused at its first use.
const FAULTS = {
  token_expired: 'clock',
  token_invalid: 'keys_differ',
  token_missing: 'query_lost',
  token_not_for_this: 'path_rewritten',
  token_other_client: 'cookie_lost',
};

const HANDOVER = ['X-Sendfile', 'X-LIGHTTPD-send-file', 'X-Accel-Redirect'];

/** codeOfNoFile of the answer to a fresh token; undefined if it is a file, of `size`. */
export const codeOfNoFile = (answer, size) => {
  if (HANDOVER.some((name) => answer.header(name))) return 'handover_shown';
  if (isGood(answer)) return answer.bytes.length === 0 && size !== 0 ? 'handover_empty' : undefined;
  // It was ours without a token: now the server answers for a file.
  if ([403, 404].includes(answer.status) && !answer.json.code) return 'handover_empty';
  return FAULTS[answer.json.code] || troubleOf(answer) || 'not_ours';
};

const isPage = (answer) => /^text\/html/i.test(answer.header('content-type') || '');
const isSame = (one, other) => one.bytes.length === other.bytes.length && startsWith(one.bytes, [...other.bytes]);

/** isSitesPage tells from a file at `path` the page that the site has for any address. */
export const isSitesPage = async (path, answer) => {
  if (!isGood(answer)) return false;
  const name = path.lastIndexOf('/') + 1;
  const nowhere = `${path.slice(0, name)}nothing-${Math.random().toString(36).slice(2)}-${path.slice(name)}`;
  const nothing = await ask(nowhere);
  return isGood(nothing) && (isSame(answer, nothing) || (isPage(answer) && !/\.html?$/i.test(path)));
};
