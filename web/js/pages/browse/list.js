// The list: fifty primes at a time, more as one scrolls. Sorted by the heads of its columns.
import { fill, h } from '../../dom.js';
import { ago, count, formName } from '../../format.js';
import { failureOf, nothing, waiting } from '../../parts/states.js';
import { tableRow } from '../../parts/table.js';

const PAGE = 50;
const AHEAD = '600px';

const COLUMNS = [
  ['Expression', ({ expression }) => h('code', {}, expression), 'expression', 'expression'],
  ['Form', ({ form }) => formName(form), '', 'form'],
  ['Digits', ({ digits }) => count(digits), 'number', 'digits'],
  ['Proof', ({ proof_method, verified }) => h('span', { class: verified ? 'proof verified' : 'proof', title: verified ? 'verified' : 'not verified yet' }, proof_method), 'wide'],
  ['Found', ({ found_at }) => ago(found_at), 'quiet wide', 'found_at'],
];

/** on: { onTotal(number), onSort({ sort_by, sort_dir }), onPrime(id) }. Returns { element, restart(), total }. */
export function list({ api, live, signal }, chosen, on) {
  const rows = h('tbody');
  const head = h('tr');
  const foot = h('div', { class: 'list-foot' });
  const element = h('div', { class: 'list' }, h('div', { class: 'scroll' }, h('table', { class: 'primes' }, h('thead', {}, head), rows)), foot);
  const seen = new Set();
  let round = 0, since = 0, offset = 0, busy = false, whole = false, failed = false;
  const handle = { element, restart, total: null };
  const watcher = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) more(); }, { rootMargin: AHEAD });
  signal.addEventListener('abort', () => watcher.disconnect());
  live.on('state', (state) => { if (state === 'open' && failed) more(); }, { signal });

  /** newerThan: see api.js. */
  function restart(newerThan = 0) {
    round += 1;
    since = newerThan;
    offset = 0;
    busy = whole = false;
    seen.clear();
    fill(head, COLUMNS.map((column) => heading(column, chosen, on.onSort)));
    element.setAttribute('aria-busy', 'true');
    more();
  }

  async function more() {
    if (busy || whole) return;
    busy = true;
    failed = false;
    const mine = round;
    if (offset > 0) fill(foot, waiting(2));
    try {
      const { data } = await api.get('/api/primes', { ...chosen, limit: PAGE, offset }, { signal, newerThan: since });
      if (mine === round) take(data);
    } catch (error) {
      if (mine === round && !signal.aborted) trouble(error);
    }
  }

  function take({ primes, total }) {
    busy = false;
    if (offset === 0) rows.replaceChildren();
    handle.total = total;
    on.onTotal(total);
    // While one reads, new primes push known ones to the next page: they are not shown twice.
    const fresh = primes.filter(({ id }) => !seen.has(id) && seen.add(id));
    rows.append(...fresh.map((prime) => row(prime, on.onPrime)));
    offset += primes.length;
    whole = primes.length < PAGE;
    element.removeAttribute('aria-busy');
    if (total === 0) fill(foot, nothing('No prime is like this.', 'Fewer filters find more.'));
    else fill(foot, whole ? h('p', { class: 'quiet' }, 'That is all of them.') : null);
    watcher.disconnect();
    if (!whole) watcher.observe(foot);
  }

  function trouble(error) {
    busy = false;
    failed = true;
    watcher.disconnect();
    element.removeAttribute('aria-busy');
    if (offset === 0) {
      rows.replaceChildren();
      on.onTotal(null);
    }
    fill(foot, failureOf(error, more));
  }

  return handle;
}

function heading([name, , kind, sort], { sort_by, sort_dir }, onSort) {
  if (!sort) return h('th', { scope: 'col', class: kind }, name);
  const active = (sort_by || 'id') === sort;
  const down = active && sort_dir !== 'asc';
  return h('th', { scope: 'col', class: kind, 'aria-sort': active ? (down ? 'descending' : 'ascending') : 'none' },
    h('button', { type: 'button', onclick: () => onSort({ sort_by: sort, sort_dir: down ? 'asc' : '' }) }, name));
}

function row(prime, onPrime) {
  const open = (event) => {
    event.preventDefault();
    event.stopPropagation();
    onPrime(prime.id);
  };
  const made = tableRow(COLUMNS, prime);
  const cell = made.firstChild;
  fill(cell, h('a', { href: `/browse?prime=${prime.id}`, onclick: open }, ...cell.childNodes));
  made.addEventListener('click', (event) => { if (!event.ctrlKey && !event.metaKey) open(event); });
  return made;
}
