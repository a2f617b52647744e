// The primes that were found last; what is found while somebody looks comes in from above.
import { fill, h } from '../../dom.js';
import { ago, counted, formName } from '../../format.js';
import { panel } from '../../parts/panel.js';

const SHOWN_MAX = 9;
const SAID_EVERY_MS = 20000;

export function ticker({ api, live, signal }) {
  const list = h('ol', { class: 'ticker' });
  // Announced to who cannot see it: what is found meanwhile is one sentence.
  const said = h('p', { class: 'hidden', role: 'status' });
  let unsaid = 0, pause = null;
  const announce = (expression) => {
    unsaid += 1;
    pause ??= setTimeout(() => {
      said.textContent = unsaid === 1 ? `Found: ${expression}` : `${counted(unsaid, 'prime')} found, among them ${expression}`;
      unsaid = 0;
      pause = null;
    }, unsaid === 1 && said.textContent === '' ? 0 : SAID_EVERY_MS);
  };
  signal.addEventListener('abort', () => clearTimeout(pause));
  const element = panel({
    title: 'Found last', signal, lines: 9,
    load: () => api.get('/api/primes', { limit: SHOWN_MAX, sort_by: 'found_at' }),
    tries: {
      path: `/api/primes?limit=${SHOWN_MAX}&sort_by=found_at`,
      supabase: `supabase.channel('primes').on('postgres_changes',\n  { event: 'INSERT', schema: 'public', table: 'primes' }, ({ new: prime }) => …).subscribe()`,
    },
    isEmpty: ({ primes }) => primes.length === 0 && list.children.length === 0,
    empty: ['Nothing yet.', 'This list fills by itself.'],
    draw: ({ primes }, body) => {
      fill(list, primes.map((prime) => row(prime)));
      fill(body, list, said);
    },
  });
  live.on('prime_found', ({ prime }) => {
    if (!list.isConnected) return element.refresh();
    list.prepend(row({ ...prime, found_at: prime.timestamp_ms }, 'new'));
    while (list.children.length > SHOWN_MAX) list.lastChild.remove();
    announce(prime.expression);
  }, { signal });
  // What was found while the feed was away is asked for.
  let broken = false;
  live.on('state', (state) => {
    if (state === 'offline') broken = true;
    if (state === 'open' && broken) {
      broken = false;
      element.refresh();
    }
  }, { signal });
  live.on('gap', () => element.refresh(), { signal });
  return element;
}

function row(prime, kind = '') {
  const expression = h('code', {}, prime.expression);
  return h('li', { class: kind },
    prime.id ? h('a', { href: `/browse?prime=${prime.id}` }, expression) : h('a', { href: `/browse?search=${encodeURIComponent(prime.expression)}` }, expression),
    h('span', { class: 'quiet' }, `${formName(prime.form)}, ${counted(prime.digits, 'digit')}`),
    h('span', { class: 'quiet when' }, ago(prime.found_at)));
}
