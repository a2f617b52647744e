// The dashboard begins here: the session, the clients of /api and /ws, and the page of the address.
import { createApi } from './api.js';
import { keepTimes } from './format.js';
import { connectLive } from './live.js';
import { startRouter } from './router.js';
import { Session } from './session.js';
import { startShell } from './shell.js';

const session = new Session();
const api = createApi({ token: () => session.token(), onUnauthorized: () => session.refused() });
const live = connectLive({ token: () => session.token() });

/** What every page gets, with the place to fill and what the address says. */
const app = { session, api, live };

const KEPT_AFTER_MS = 2000; // when the page has what it shows

await session.meet(api).catch(() => {}); // a server that is away now: the pages say so
const router = startRouter(document.getElementById('main'), app);
startShell(app, router);
keepTimes();

// Opened while the server was away: who is here is asked when it is back.
live.on('state', (state) => { if (state === 'open' && session.unmet) session.meet(api).catch(() => {}); });

// Keeps the files of this page, so that it can be opened while the server is away.
setTimeout(() => navigator.serviceWorker?.register('/worker.js').catch(() => {}), KEPT_AFTER_MS);

// Another user sees other things: the feed and the page begin anew.
session.addEventListener('change', () => {
  api.forget();
  live.reconnect();
  router.again();
});
