// The database: connections, its cache, replicas, what runs for long.
import { fill, h } from '../../dom.js';
import { ago, bytes, compact, count, counted, duration, milliseconds, percent } from '../../format.js';
import { figures } from '../../parts/figures.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';

const PATH = '/api/observability/database';
export const TRIES = { path: PATH, token: true, supabase: '// the catalog is not exposed: only this route reads it' };

/** Returns { panels, onData(fn) }: others draw parts of the same answer. */
export function database({ api, signal }) {
  const listeners = [];
  const connections = h('div'), running = h('div'), replicas = h('div');
  const main = panel({
    title: 'Database', signal, every: 10000, lines: 6, tries: TRIES,
    load: () => api.get(PATH),
    draw: (data, body) => {
      fill(body, numbers(data), h('div', { class: 'grid halves' }, connections, h('div', { class: 'stack' }, running, replicas)));
      fill(connections, h('h3', {}, 'Connections'), table(CONNECTIONS, data.connections, { caption: 'Connections' }));
      fill(running, h('h3', {}, 'Running for more than a second'), data.long_running.length === 0 ? h('p', { class: 'quiet' }, 'Nothing.') : table(RUNNING, data.long_running, { caption: 'Running' }));
      fill(replicas, h('h3', {}, 'Who reads its log'), replicaText(data));
      for (const listener of listeners) listener(data);
    },
  });
  return { panels: main, onData: (listener) => listeners.push(listener) };
}

const CONNECTIONS = [
  ['Role', ({ role }) => role],
  ['State', ({ state }) => state],
  ['Connections', ({ count: amount }) => count(amount), 'number'],
];
const RUNNING = [
  ['Role', ({ role }) => role],
  ['For', ({ seconds }) => duration(seconds), 'number'],
  ['Waits for', ({ waits_for: what }) => what ?? '–'],
  ['Statement', ({ query }) => h('code', {}, query)],
];

function numbers(data) {
  const open = data.connections.reduce((sum, { count: amount }) => sum + amount, 0);
  return figures([
    ['connections', count(open), `of ${count(data.max_connections)} that PostgreSQL allows`],
    ['cache hits', data.cache_hit_rate === null ? '–' : percent(100 * data.cache_hit_rate, 1), 'of reads need no disk'],
    ['size', bytes(data.size_bytes), data.temp_bytes > 0 ? `${bytes(data.temp_bytes)} written to temporary files` : null],
    ['transactions', compact(data.transactions), `${counted(data.rollbacks, 'rollback')}, ${counted(data.deadlocks, 'deadlock')}`],
    ['PostgreSQL', data.version.split(' ')[0], h('span', {}, 'started ', ago(data.started_at))],
  ]);
}

function replicaText(data) {
  if (data.is_replica) return h('p', {}, `This answer comes from a replica, ${duration(data.replay_lag_seconds)} behind.`);
  if (data.replicas.length === 0) return h('p', { class: 'quiet' }, 'Nobody: no replica, and no gateway that tells changes.');
  return table([
    ['Name', ({ name }) => (name.startsWith('postern/') ? `${name}, the live changes` : name)], ['State', ({ state, sync_state: sync }) => `${state}, ${sync}`],
    ['Behind', ({ behind_bytes: behind, lag_seconds: lag }) => `${bytes(behind)}${lag === null ? '' : `, ${milliseconds(1000 * lag)}`}`, 'number'],
  ], data.replicas, { caption: 'Who reads its log' });
}
