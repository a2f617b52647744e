// The primes that were found last; what is found while somebody looks comes in from above.
import { fill, h } from '../../dom.js';
import { followFinds } from '../../finds.js';
import { ago, counted, formName, timeOf } from '../../format.js';
import { panel } from '../../parts/panel.js';

const SHOWN_MAX = 9;
const ASKED_EVERY_MS = 10000;
const SAID_EVERY_MS = 20000;

export function ticker(app) {
  const { api, signal } = app;
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
  const missed = h('p', { class: 'missed' });
  let heard = []; // by the feed, the newest first: an answer may be older than they are
  let frame = null, newerThan = 0;
  const element = panel({
    title: 'Found last', signal, lines: 9, every: ASKED_EVERY_MS,
    load: () => api.get('/api/primes', { limit: SHOWN_MAX, sort_by: 'found_at' }, { signal, newerThan }),
    tries: {
      path: `/api/primes?limit=${SHOWN_MAX}&sort_by=found_at`,
      supabase: `supabase.channel('primes').on('postgres_changes',\n  { event: 'INSERT', schema: 'public', table: 'primes' }, ({ new: prime }) => …).subscribe()`,
    },
    isEmpty: ({ primes }) => primes.length === 0 && heard.length === 0,
    empty: ['Nothing yet.', 'This list fills by itself.'],
    draw: ({ primes }, body) => {
      const shown = merged(heard, primes);
      heard = heard.filter((prime) => shown.includes(prime));
      fill(list, shown.map((prime) => row(prime, heard.includes(prime) ? 'new' : '')));
      fill(body, missed, list, said);
    },
  });

  followFinds(app, {
    onFind(prime) {
      heard = [prime, ...heard].slice(0, SHOWN_MAX);
      announce(prime.expression);
      frame ??= requestAnimationFrame(drawHeard); // many at a time are drawn once
    },
    onMissed() {
      newerThan = Date.now();
      said.textContent = missed.textContent = `Until ${timeOf(newerThan)} the feed was away: some finds may not have been told. The list is read anew.`;
      element.dataset.stale = '';
      element.refresh();
    },
  });

  function drawHeard() {
    frame = null;
    if (!list.isConnected) return element.redraw(); // it was empty
    const there = new Set([...list.children].map((line) => line.dataset.prime));
    for (const prime of heard.toReversed()) if (!there.has(nameOf(prime))) list.prepend(row(prime, 'new arrives'));
    while (list.children.length > SHOWN_MAX) list.lastChild.remove();
  }

  return element;
}

/** Each prime once, the newest first. */
function merged(heard, primes) {
  const told = new Map(heard.map((prime) => [nameOf(prime), prime]));
  const known = primes.map((prime) => Object.assign(told.get(nameOf(prime)) ?? prime, prime)); // what was heard may have no id
  return [...new Set([...heard, ...known])]
    .sort((a, b) => new Date(b.found_at) - new Date(a.found_at) || (b.id ?? Infinity) - (a.id ?? Infinity)).slice(0, SHOWN_MAX);
}

const nameOf = ({ form, expression }) => `${form} ${expression}`;

function row(prime, kind = '') {
  return h('li', { class: kind, dataset: { prime: nameOf(prime) } },
    h('a', { href: prime.id ? `/browse?prime=${prime.id}` : `/browse?search=${encodeURIComponent(prime.expression)}` }, h('code', {}, prime.expression)),
    h('span', { class: 'quiet' }, `${formName(prime.form)}, ${counted(prime.digits, 'digit')}`),
    h('span', { class: 'quiet when' }, ago(prime.found_at)));
}
