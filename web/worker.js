// The service worker: keeps the files of the dashboard, so that it opens while the server is away, and
// says so. Data is never kept: it answers for the files of /shell.json and for nothing else, and even
// those come from the server as long as it can be reached.

const KEPT = 'postern-shell-';
const INDEX = '/';
const LIST = '/shell.json';
const DATA = /^\/(api|rest|auth|realtime|ws|health|live|ready|metrics)(\/|$)/;
const FILES = /^\/((js|css|vendor)\/|icon\.svg$)/;

addEventListener('install', (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || DATA.test(pathname)) return;
  if (request.mode === 'navigate') event.respondWith(visit(event, pathname));
  else if (FILES.test(pathname)) event.respondWith(fetch(request).catch(() => kept(pathname)));
});

/** A page: the server's; while that is away, the one that is kept, if there is a page of this name. */
async function visit(event, pathname) {
  try {
    const reply = await fetch(event.request);
    event.waitUntil(keep().catch(() => {})); // the next visit tries again
    return reply;
  } catch {
    const [, name] = pathname.split('/');
    const known = name === '' || (await kept(`/js/pages/${name}.js`)).ok;
    return known ? kept(INDEX) : Response.error();
  }
}

async function kept(address) {
  for (const name of await versions()) {
    const found = await (await caches.open(name)).match(address, { ignoreVary: true });
    if (found) return found;
  }
  return Response.error();
}

const versions = async () => (await caches.keys()).filter((name) => name.startsWith(KEPT));
const ask = () => fetch(LIST, { cache: 'no-store' });

/** All files of one version, or none: a server that was replaced meanwhile is read at the next visit. */
async function keep() {
  const { version, files } = await (await ask()).json();
  const cache = await caches.open(KEPT + version);
  if (await cache.match(LIST)) return; // it is put there last
  const replies = await Promise.all(files.map((file) => fetch(file, { cache: 'no-cache' })));
  const again = await ask();
  if (replies.some(({ ok }) => !ok) || (await again.clone().json()).version !== version) return;
  await Promise.all(replies.map((reply, i) => cache.put(files[i], reply)));
  await cache.put(LIST, again);
  for (const other of await versions()) if (other !== KEPT + version) await caches.delete(other);
}
