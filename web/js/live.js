// The client of /ws: one socket, reconnected with back-off, resumed where it broke off. It knows
// nothing of this dashboard and needs nothing else of it: copy the file into a frontend of your own.
//
//     const live = connectLive({ token: () => session?.access_token });
//     live.on('prime_found', ({ prime }) => ..., { signal });
//     live.follow('agent_tasks', (change) => ..., { signal });
//     live.on('state', () => badge.textContent = live.state, { signal });

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const JITTER_MS = 500;
const SILENCE_MS = 9000; // the server speaks every two seconds

/**
 * url: of the feed; token: a function that gives the access token, or nothing. Events, by on(type,
 * fn, { signal }): 'state', and one for each type of message: 'update', 'prime_found',
 * 'notification', 'gap' ... The object has
 *   state     'connecting' | 'open' | 'offline'
 *   heardAt   when the server last spoke (ms), null: never
 *   snapshot  all parts of the updates so far, put together: fleet, projects, search_jobs ...
 *   follow(table, fn, { signal })   calls fn with each change of the table that the token may see; after
 *             a break with those that were missed, or 'gap' is told
 *   close()   for good
 */
export function connectLive({ url = defaultUrl(), token = () => null } = {}) {
  const bus = new EventTarget();
  const live = { state: 'connecting', heardAt: null, snapshot: {}, on, follow, close, reconnect };
  const followed = new Map(); // table -> { listeners, id: the server's }
  let socket = null, waits = 0, timer = null, watchdog = null, lsn = null, closed = false;

  function on(type, fn, { signal } = {}) {
    bus.addEventListener(type, (event) => fn(event.detail), { signal });
  }

  function follow(table, fn, { signal } = {}) {
    const entry = followed.get(table) ?? { listeners: new Set(), id: null };
    followed.set(table, entry);
    entry.listeners.add(fn);
    if (entry.listeners.size === 1) say({ subscribe: { table } });
    signal?.addEventListener('abort', () => {
      entry.listeners.delete(fn);
      if (entry.listeners.size > 0) return;
      followed.delete(table);
      if (entry.id !== null) say({ unsubscribe: entry.id });
    });
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
      // What was missed since the last message comes first; what cannot be had is told as a gap.
      for (const [table, entry] of followed) {
        entry.id = null;
        say({ subscribe: { table }, ...(lsn !== null && { since: lsn }) });
      }
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
    // A table that joins the others later stands where the server is: they may not be there yet.
    if (message.type !== 'subscribed' || lsn === null) lsn = message.lsn ?? (message.type === 'gap' ? message.to : null) ?? lsn;
    if (message.type === 'subscribed' && followed.has(message.subscribe?.table)) followed.get(message.subscribe.table).id = message.id;
    if (message.type === 'change') for (const listener of followed.get(message.change.table)?.listeners ?? []) listener(message.change);
    if (message.type === 'update') Object.assign(live.snapshot, message, { status: message.status });
    setState('open');
    tell(message.type, message);
  }

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

function defaultUrl() {
  return `${location.origin.replace(/^http/, 'ws')}/ws`;
}
