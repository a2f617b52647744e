// From the address to a page, and from page to page without loading anew. A page is shown by its
// module's show(place, { rest, query, setQuery, signal, ...app }); the signal ends when it is left.
import { fill, h } from './dom.js';
import { pageOf, pages } from './pages.js';
import { closedDoor, failureOf, lost } from './parts/states.js';

export function startRouter(place, app) {
  const listeners = new Set();
  let current = null;
  let leaving = new AbortController();

  async function show({ focus = true } = {}) {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    const found = pageOf(location.pathname);
    current = found?.page ?? null;
    for (const listener of listeners) listener(current);
    document.title = found ? `${found.page.name} – Postern` : 'Not found – Postern';
    if (!found) return fill(place, lost(pages.filter(({ hidden, needs }) => !hidden && allowed(needs, app.session))));
    if (!allowed(found.page.needs, app.session)) return fill(place, closedDoor(found.page, app.session));
    const body = h('div', { class: 'page' });
    try {
      const module = await found.page.load();
      if (signal.aborted) return;
      fill(place, body);
      module.show(body, { ...app, rest: found.rest, query: new URLSearchParams(location.search), setQuery, go, signal });
    } catch (error) {
      if (!signal.aborted) fill(place, failureOf(error, () => show()));
    }
    if (focus) {
      scrollTo(0, 0);
      place.focus({ preventScroll: true });
    }
  }

  function go(address, { replace = false } = {}) {
    history[replace ? 'replaceState' : 'pushState'](null, '', address);
    return show();
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download') || link.origin !== location.origin || !pageOf(link.pathname)) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.href);
  });
  addEventListener('popstate', () => show());

  const onPage = (fn) => {
    listeners.add(fn);
    fn(current);
  };
  const router = { go, again: () => show({ focus: false }), onPage };
  show({ focus: false });
  return router;
}

const allowed = (needs, session) => !needs || (needs === 'user' ? session.known : session.admin);

/** Writes what a page shows into its address, so that it can be shared; empty values are left out. */
function setQuery(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const text = new URLSearchParams(kept).toString();
  history.replaceState(null, '', location.pathname + (text && `?${text}`));
}
