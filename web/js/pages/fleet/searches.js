// The searches, the running ones first.
import { fill, h } from '../../dom.js';
import { ago, compact, count, formName } from '../../format.js';
import { pill } from '../../parts/bar.js';
import { livePanel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';

const ORDER = ['running', 'paused', 'pending', 'failed', 'completed', 'cancelled'];

const columns = [
  ['Search', ({ id, search_type }) => h('span', {}, formName(search_type), ' ', h('span', { class: 'quiet' }, `#${id}`)), 'id'],
  ['State', ({ status, error }) => h('span', { title: error ?? '' }, pill(status))],
  ['Range', ({ range_start, range_end }) => `${compact(range_start)} to ${compact(range_end)}`, 'number wide'],
  ['Tested', ({ total_tested }) => compact(total_tested), 'number wide'],
  ['Found', ({ total_found }) => count(total_found), 'number'],
  ['Began', ({ started_at }) => ago(started_at), 'quiet wide'],
  ['Ended', ({ stopped_at }) => ago(stopped_at), 'quiet wide'],
];

export function searches({ live, signal }) {
  return livePanel({
    title: 'Searches', live, signal,
    pick: ({ search_jobs }) => search_jobs,
    tries: { path: '/api/search_jobs', supabase: "const { data } = await supabase.from('search_jobs').select('*').order('id', { ascending: false })" },
    isEmpty: (jobs) => jobs.length === 0,
    empty: ['Nothing is searched.', 'A search is started by POST /api/searches, or by a project.'],
    draw: (jobs, body) => fill(body, table(columns, [...jobs].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || b.id - a.id), { caption: 'Searches', tall: true })),
  });
}
