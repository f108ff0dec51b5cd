// One request of doctor.html, and what is looked at in its answer. A request
// without credentials is a stranger's.

const BODY_BYTES = 4096;
const TIMEOUT_MS = 20000;

export const ELF = [0x7f, 0x45, 0x4c, 0x46];
export const startsWith = (bytes, start) =>
    bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);

// Up to BODY_BYTES of a body, which may be gigabytes.
const readBeginning = async (response) => {
  const reader = response.body && response.body.getReader();
  const bytes = [];
  while (reader && bytes.length < BODY_BYTES) {
    const {value, done} = await reader.read();
    if (done) return new Uint8Array(bytes);
    bytes.push(...value.subarray(0, BODY_BYTES - bytes.length));
  }
  if (reader) await reader.cancel();
  return new Uint8Array(bytes);
};

const NO_ANSWER = {status: 0, header: () => null, bytes: new Uint8Array(), text: '', code: undefined};

export const parsed = (text) => {
  try {
    return JSON.parse(text) || {};
  } catch (error) {
    return {};
  }
};

/** ask has no answer after TIMEOUT_MS, unless `isPatient`. */
export const ask = async (address, {headers = {}, isStranger = false, method = 'GET', isPatient = false} = {}) => {
  const abort = new AbortController();
  const timer = isPatient ? undefined : setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(new URL(address, location.origin), {
      method,
      headers: {Accept: 'application/json', ...headers},
      cache: 'no-store',
      credentials: isStranger ? 'omit' : 'same-origin',
      redirect: 'manual',
      signal: abort.signal,
    });
    const bytes = await readBeginning(response);
    const text = new TextDecoder().decode(bytes);
    return {
      status: response.status,
      isRedirect: response.type === 'opaqueredirect',
      header: (name) => response.headers.get(name),
      bytes,
      text,
      json: parsed(text),
    };
  } catch (error) {
    return {...NO_ANSWER, json: {}};
  } finally {
    clearTimeout(timer);
  }
};

export const isGood = ({status}) => status >= 200 && status < 300;
export const isOurs = ({status, json}, expected, code) => status === expected && json.code === code;
export const cookie = (name) =>
    document.cookie.split('; ').find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
