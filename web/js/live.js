// The client of /ws: one socket, reconnected with back-off, resumed where it broke off. It knows
// nothing of this dashboard and needs nothing else of it: copy the file into a frontend of your own.
//
//     const live = connectLive({ token: () => session?.access_token });
//     live.on('prime_found', ({ prime }) => ..., { signal });
//     live.follow('agent_tasks', (change) => ..., { signal });
//     live.on('gap', () => ask for everything anew, { signal });
//     live.on('state', () => badge.textContent = live.state, { signal });

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const JITTER_MS = 500;
const SILENCE_MS = 9000; // the server speaks every two seconds
const AGAIN_MS = 10000; // a table that could not be followed

/**
 * url: of the feed; token: a function that gives the access token, or nothing. Events, by on(type,
 * fn, { signal }): 'state', and one for each type of message: 'update', 'prime_found',
 * 'notification', 'gap' ... The object has
 *   state     'connecting' | 'open' | 'offline'
 *   heardAt   when the server last spoke (ms), null: never
 *   snapshot  all parts of the updates so far, put together: fleet, projects, search_jobs ...
 *   follow(what, fn, { signal })   calls fn with each change that the token may see, of a table or of
 *             { table, event, filter, select }; after a break with those that were missed, each once
 *             and in their order. Those that the server has no more are told as a 'gap'
 *   close()   for good
 */
export function connectLive({ url = defaultUrl(), token = () => null } = {}) {
  const bus = new EventTarget();
  const live = { state: 'connecting', heardAt: null, snapshot: {}, on, follow, close, reconnect };
  const followed = new Map(); // what, as JSON -> see follow
  let socket = null, waits = 0, timer = null, watchdog = null, closed = false;

  function on(type, fn, { signal } = {}) {
    bus.addEventListener(type, (event) => fn(event.detail), { signal });
  }

  function follow(what, fn, { signal } = {}) {
    const subscribe = typeof what === 'string' ? { table: what } : what;
    const key = JSON.stringify(subscribe);
    // id: the server's. at: up to where in the log all has been told. behind: it catches up with that.
    const entry = followed.get(key) ?? { subscribe, listeners: new Set(), id: null, at: null, behind: false };
    followed.set(key, entry);
    const listener = (change) => fn(change); // one function may listen twice
    entry.listeners.add(listener);
    if (entry.listeners.size === 1) ask(entry);
    signal?.addEventListener('abort', () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size > 0) return;
      followed.delete(key);
      if (entry.id !== null) say({ unsubscribe: entry.id });
    });
  }

  /** What was missed since the last message comes first; what cannot be had is told as a gap. */
  function ask(entry) {
    entry.id = null;
    entry.behind = entry.at !== null;
    say({ subscribe: entry.subscribe, ...(entry.behind && { since: entry.at }) });
  }

  function say(command) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
  }

  function tell(type, detail) { bus.dispatchEvent(new CustomEvent(type, { detail })); }

  function setState(state) {
    if (live.state === state) return;
    live.state = state;
    tell('state', state);
  }

  async function open() {
    clearTimeout(timer);
    if (closed) return;
    const bearer = await token();
    if (closed || socket) return;
    const mine = socket = new WebSocket(bearer ? `${url}?token=${encodeURIComponent(bearer)}` : url);
    mine.onopen = () => {
      followed.forEach(ask);
      listen();
    };
    mine.onmessage = ({ data }) => hear(data);
    mine.onerror = () => mine.close();
    mine.onclose = () => lose(mine);
    listen();
  }

  // A connection that died without a word is silent, not closed.
  function listen() {
    clearTimeout(watchdog);
    const mine = socket;
    watchdog = setTimeout(() => lose(mine), SILENCE_MS);
  }

  function hear(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    listen();
    waits = 0;
    live.heardAt = Date.now();
    places[message.type]?.(message);
    if (message.type === 'update') Object.assign(live.snapshot, message, { status: message.status });
    setState('open');
    tell(message.type, message);
  }

  // What moves the places in the log from which it would go on; no other message does.
  const places = {
    subscribed({ id, lsn, subscribe }) {
      const entry = followed.get(JSON.stringify(subscribe));
      if (!entry) return say({ unsubscribe: id }); // it was left meanwhile
      entry.id = id;
      entry.at ??= lsn;
    },
    change({ ids, lsn, change }) {
      for (const entry of followed.values()) {
        const mine = ids.includes(entry.id);
        // The log is told in its order: who has nothing there has been told all up to there, too.
        if (mine || (entry.id !== null && !entry.behind)) advance(entry, lsn);
        if (mine) for (const listener of entry.listeners) listener(change);
      }
    },
    resumed({ lsn }) {
      for (const entry of followed.values()) {
        if (entry.id === null) continue;
        entry.behind = false;
        advance(entry, lsn);
      }
    },
    gap({ from, to }) {
      for (const entry of followed.values()) {
        if (entry.at === from) entry.at = to; // even back: another server counts in its own way
        else if (entry.id !== null) advance(entry, to);
      }
    },
    error({ subscribe }) {
      const key = JSON.stringify(subscribe), entry = followed.get(key);
      if (entry) setTimeout(() => { if (followed.get(key) === entry && entry.id === null) ask(entry); }, AGAIN_MS);
    },
  };

  function lose(mine) {
    if (socket !== mine || mine === null) return;
    socket = null;
    clearTimeout(watchdog);
    mine.onclose = null;
    mine.close();
    setState('offline');
    if (!closed) timer = setTimeout(open, Math.min(FIRST_WAIT_MS * 2 ** waits++, LONGEST_WAIT_MS) + Math.random() * JITTER_MS);
  }

  /** Now, and not when the back-off is over: the network is back, or another user is here. */
  function reconnect() {
    waits = 0;
    if (socket) lose(socket);
    open();
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    if (socket) lose(socket);
    removeEventListener('online', reconnect);
  }

  addEventListener('online', reconnect);
  open();
  return live;
}

function advance(entry, lsn) {
  if (entry.at === null || order(lsn) > order(entry.at)) entry.at = lsn;
}

/** Positions in the log as text that has their order. Without a number it is all of a transaction. */
function order(lsn) {
  const [, high, low, number = ''] = /^(\w+)\/(\w+)(?::(\d+))?$/.exec(lsn);
  return high.padStart(8, '0') + low.padStart(8, '0') + (number ? number.padStart(10, '0') : 'all');
}

function defaultUrl() {
  return `${location.origin.replace(/^http/, 'ws')}/ws`;
}
