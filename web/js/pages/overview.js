// The first page: how much there is, how it grew, of what kind, and what is found at this moment.
import { fill, h } from '../dom.js';
import { followFinds } from '../finds.js';
import { ago, count, counted, formName } from '../format.js';
import { panel } from '../parts/panel.js';
import { steadily } from '../parts/steady.js';
import { digits } from './overview/digits.js';
import { growth } from './overview/growth.js';
import { leaderboard } from './overview/leaderboard.js';
import { ticker } from './overview/ticker.js';

export function show(place, app) {
  fill(place, h('h1', { class: 'hidden' }, 'Overview'), headline(app), h('div', { class: 'grid wide-left' }, growth(app), ticker(app)),
    h('div', { class: 'grid halves' }, leaderboard(app), digits(app)));
}

function headline(app) {
  const { api, live, signal } = app;
  const since = h('span', { class: 'since' });
  let found = 0, atLeast = '';
  const drawSince = () => { since.textContent = found > 0 ? `+${count(found)}${atLeast} since you look` : ''; };
  followFinds(app, {
    onFind() {
      found += 1;
      drawSince();
    },
    onMissed() {
      atLeast = ' or more';
      drawSince();
    },
  });
  const atWork = h('div');
  const drawMachines = () => steadily(atWork, () => fill(atWork, live.snapshot.fleet && machines(live.snapshot)));
  drawMachines();
  live.on('update', drawMachines, { signal });
  return panel({
    title: 'All primes', kind: 'headline', signal, every: 5000, lines: 2,
    load: () => api.get('/api/stats'),
    tries: { path: '/api/stats', supabase: "const { data } = await supabase.rpc('get_stats')" },
    isEmpty: ({ total }) => total === 0,
    empty: ['No prime has been found yet.', 'The first one appears here by itself.'],
    draw: (stats, body) => fill(body,
      h('div', { class: 'totals' }, h('p', { class: 'total' }, count(stats.total), ' ', h('span', {}, 'primes')), since),
      h('p', { class: 'lead' }, `of ${counted(stats.by_form.length, 'form')}, counted anew every five minutes. The largest has `, h('b', {}, count(stats.largest_digits)), ' digits: ',
        h('a', { href: `/browse?sort_by=digits` }, h('code', {}, stats.largest_expression)), '.'),
      atWork),
  });
}

function machines({ fleet, notifications }) {
  const newest = notifications?.[0];
  return h('p', { class: 'lead quiet' },
    fleet.total_workers > 0
      ? [`${counted(fleet.total_workers, 'machine')} with ${counted(fleet.total_cores, 'core')} `, h('a', { href: '/fleet' }, 'at work'), '. ']
      : ['No machine is at work. '],
    newest && ['The last find, ', formName(newest.details?.[0] ?? newest.title), ', ', ago(newest.timestamp_ms), '.']);
}
