// The statements that have taken the most time in all.
import { fill, h } from '../../dom.js';
import { compact, count, milliseconds } from '../../format.js';
import { frame } from '../../parts/panel.js';
import { nothing } from '../../parts/states.js';
import { steadily } from '../../parts/steady.js';
import { table } from '../../parts/table.js';
import { TRIES } from './database.js';

const columns = [
  ['Statement', ({ query }) => h('code', { class: 'clamp', title: query }, query)],
  ['Calls', ({ calls }) => compact(calls), 'number wide'],
  ['Mean', ({ mean_ms: ms }) => milliseconds(ms), 'number wide'],
  ['Longest', ({ max_ms: ms }) => milliseconds(ms), 'number wide'],
  ['In all', ({ total_ms: ms }) => milliseconds(ms), 'number'],
  ['Rows', ({ rows }) => count(rows), 'number wide'],
];

export function statements(health) {
  const { element, body } = frame({ title: 'Slow statements', note: 'by the time they have taken in all; their values are left out', tries: TRIES, lines: 6 });
  health.onData(({ statements: rows }) => {
    if (rows === null) fill(body, nothing('PostgreSQL does not count its statements.', "Add pg_stat_statements to shared_preload_libraries, restart it, and create the extension."));
    else steadily(body, () => fill(body, table(columns, rows, { caption: 'Slow statements' })));
  });
  return element;
}
