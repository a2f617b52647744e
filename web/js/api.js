// The client of /api: fetch, the token, errors with hints, entity tags. It knows nothing of this
// dashboard and needs nothing else of it: copy the file into a frontend of your own.
//
//     const api = createApi({ token: () => session?.access_token });
//     const { data } = await api.get('/api/primes', { form: 'kbn', limit: 20 });
//     await api.send('POST', '/api/primes/7/verify');

const REMEMBERED_MAX = 60;
const TIMEOUT_MS = 15000;
const AGAIN_MS = 1000; // an answer tells its age in whole seconds

/**
 * What went wrong, for people: message says what, hint what to do. status 0: no answer at all.
 * requestId: by which the server's log knows the request.
 */
export class ApiError extends Error {
  constructor(message, { status = 0, hint = null, details = [], retryAfter = null, requestId = null } = {}) {
    super(message);
    this.name = 'ApiError';
    Object.assign(this, { status, hint, details, retryAfter, requestId });
  }

  /** The server could not be asked, or says that it cannot answer now: try again later. */
  get passing() { return this.status === 0 || this.status === 429 || this.status >= 502; }
}

/**
 * base: the server's origin; '' is the page's own. token: a function that gives the access token,
 * or nothing when nobody is signed in. onUnauthorized: called when the server refuses the token.
 */
export function createApi({ base = '', token = () => null, onUnauthorized = () => {} } = {}) {
  const remembered = new Map(); // address and token -> { etag, data }

  /** An answer that is no failure, and the token it was asked with. Without a timeout the caller's signal ends it. */
  async function ask(method, path, { body, signal, headers = {}, timeout = TIMEOUT_MS } = {}) {
    const bearer = await token();
    const patience = timeout ? AbortSignal.timeout(timeout) : null;
    const options = {
      method,
      cache: 'no-store',
      signal: AbortSignal.any([signal, patience].filter(Boolean)),
      headers: { accept: 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }), ...headers },
    };
    if (body !== undefined) {
      options.body = JSON.stringify(body);
      options.headers['content-type'] = 'application/json';
    }
    let reply;
    try {
      reply = await fetch(base + path, options);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(patience?.aborted ? 'The server takes too long to answer.' : 'The server cannot be reached.', { hint: UNANSWERED[method] ?? UNANSWERED.other });
    }
    if (reply.status === 401 && bearer) onUnauthorized();
    if (!reply.ok && reply.status !== 304) throw await errorOf(reply);
    return { reply, bearer };
  }

  /**
   * Reads. query: an object; empty values are left out. The answer: { data, at, stale, status }:
   * at: the time (ms) at which the server made it; stale: its database is away, and it said so.
   * newerThan: a time (ms); answers are cached for some seconds, and one that may have been made before
   * this time is asked for again.
   */
  async function get(path, query = {}, { signal, newerThan = 0 } = {}) {
    for (;;) {
      const answer = await getOnce(path, query, signal);
      if (answer.stale || answer.at - AGAIN_MS >= newerThan) return answer;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      signal?.throwIfAborted();
    }
  }

  async function getOnce(path, query, signal) {
    const address = path + queryText(query);
    const known = remembered.get(address);
    const bearer = await token();
    const fresh = known?.bearer === bearer ? known : null;
    const { reply } = await ask('GET', address, { signal, headers: fresh ? { 'if-none-match': fresh.etag } : {} });
    const data = reply.status === 304 ? fresh.data : await jsonOf(reply);
    const etag = reply.headers.get('etag');
    if (etag && reply.status !== 304) remember(address, { bearer, etag, data });
    return {
      data, status: reply.status,
      at: Date.now() - 1000 * Number(reply.headers.get('age') ?? 0),
      stale: /\bfwd=stale\b/.test(reply.headers.get('cache-status') ?? ''),
    };
  }

  // The least recently used goes first: a Map keeps the order of insertion.
  function remember(address, entry) {
    remembered.delete(address);
    remembered.set(address, entry);
    if (remembered.size > REMEMBERED_MAX) remembered.delete(remembered.keys().next().value);
  }

  /** Changes something: the answer's JSON, or null when it has no body. */
  async function send(method, path, body, { signal, headers } = {}) {
    const { reply } = await ask(method, path, { body, signal, headers });
    return jsonOf(reply);
  }

  /** A raw answer, for downloads and streams. No timeout but the caller's signal. */
  async function open(path, { signal, headers = {} } = {}) {
    const { reply } = await ask('GET', path, { signal, headers: { accept: '*/*', ...headers }, timeout: 0 });
    return reply;
  }

  return { get, send, open, forget: () => remembered.clear() };
}

/** { a: 1, b: '', c: ['x', 'y'] } is "?a=1&c=x,y". */
export function queryText(query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '' && value.length !== 0);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

async function jsonOf(reply) {
  const text = await reply.text();
  return text === '' ? null : JSON.parse(text);
}

// Whoever reads asks again; whether something was changed is not known without an answer.
const UNANSWERED = {
  GET: 'Try again when it is back.',
  other: 'Whether it was done is not known: look before you try again.',
};

// Where the server says none.
const HINTS = {
  401: 'Sign in, or sign in again: the token may have ended.',
  403: 'The account that is signed in may not do this.',
  404: 'It may have been removed, or the address is mistyped.',
  429: 'Too many requests in a short time: wait a moment.',
  503: 'The database cannot be asked now: wait a moment.',
};

// Both styles of the server: {error, details, hint} of /api, {message, details, hint} of /rest and /auth.
async function errorOf(reply) {
  const said = await reply.json().catch(() => ({}));
  const details = Array.isArray(said.details) ? said.details : said.details ? [String(said.details)] : [];
  const retryAfter = Number(reply.headers.get('retry-after')) || null;
  return new ApiError(said.error_description ?? (typeof said.error === 'string' ? said.error : null) ?? said.message ?? said.msg ?? `The server answered ${reply.status}.`,
    { status: reply.status, hint: said.hint ?? HINTS[reply.status] ?? null, details, retryAfter, requestId: reply.headers.get('x-request-id') });
}
