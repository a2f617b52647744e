// All primes: filtered, sorted, as far down as one scrolls, one of them in detail. Everything that is
// chosen stands in the address.
import { fill, h } from '../dom.js';
import { followFinds } from '../finds.js';
import { counted } from '../format.js';
import { exporter } from './browse/export.js';
import { filters, readFilters, wouldShow } from './browse/filters.js';
import { list } from './browse/list.js';
import { openPrime } from './browse/prime.js';
import { tryButton } from '../parts/drawer.js';
import { queryText } from '../api.js';

export function show(place, app) {
  const chosen = readFilters(app.query);
  const total = h('p', { class: 'lead', role: 'status' });
  const fresh = h('p', { class: 'fresh' });
  const primes = list(app, chosen, {
    onTotal: (number) => { total.textContent = number === null ? '' : `${counted(number, 'prime')}${isFiltered(chosen) ? ' of this kind' : ''}`; },
    onSort: (sort) => change(sort),
    onPrime: (id) => showPrime(id),
  });
  const tries = {
    path: () => `/api/primes${queryText({ ...chosen, limit: 50 })}`,
    supabase: () => supabaseLines(chosen),
  };

  function change(values, newerThan) {
    Object.assign(chosen, values);
    app.setQuery(chosen);
    fill(fresh);
    found = 0;
    primes.restart(newerThan);
  }

  function showPrime(id) {
    app.setQuery({ ...chosen, prime: id });
    openPrime(app, id, () => app.setQuery(chosen));
  }

  // What is found meanwhile is offered, not pushed between the lines that somebody reads.
  let found = 0;
  const offer = (text) => {
    const since = Date.now();
    fill(fresh, h('button', { class: 'button', type: 'button', onclick: () => change({}, since) }, text));
  };
  followFinds(app, {
    onFind(prime) {
      if (!wouldShow(chosen, prime)) return;
      found += 1;
      offer(`${counted(found, 'new prime')}: show`);
    },
    onMissed: () => offer('The feed was away: read the list anew'),
  });

  fill(place,
    h('header', { class: 'page-head' }, h('h1', {}, 'Browse'), total, h('div', { class: 'tools' }, exporter(app, chosen, primes), tryButton('Primes', tries))),
    filters(app, chosen, change), fresh, primes.element);
  primes.restart();
  if (app.query.get('prime')) showPrime(app.query.get('prime'));
}

const isFiltered = ({ sort_by, sort_dir, ...rest }) => Object.values(rest).some(Boolean);

function supabaseLines({ form, search, min_digits, max_digits, tags, sort_by, sort_dir }) {
  const text = JSON.stringify;
  return ["const { data, count } = await supabase.from('primes')", "  .select('id, form, expression, digits, found_at', { count: 'exact' })",
    form && `  .eq('form', ${text(form)})`,
    search && `  .ilike('expression', ${text(`%${search}%`)})`,
    min_digits && `  .gte('digits', ${Number(min_digits)})`,
    max_digits && `  .lte('digits', ${Number(max_digits)})`,
    tags && `  .contains('tags', ${text(tags.split(','))})`,
    `  .order('${sort_by || 'id'}', { ascending: ${sort_dir === 'asc'} })`, '  .range(0, 49)'].filter(Boolean).join('\n');
}

