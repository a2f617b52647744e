// Metrics over time, a chart for each group.
import { NONE, compact, count, moment, percent } from '../../format.js';
import { chart } from '../../parts/chart.js';
import { panel } from '../../parts/panel.js';

const seconds = (value) => (Number.isFinite(value) ? `${compact(Math.round(value))} s` : NONE);

const GROUPS = [
  { title: 'Coordinator', note: 'processors and memory in use', value: percent, series: [['coordinator.cpu_usage_percent', 'processors'], ['coordinator.memory_usage_percent', 'memory']] },
  { title: 'Work blocks', note: 'waiting for a machine, and with one', series: [['fleet.work_blocks_available', 'available'], ['fleet.work_blocks_claimed', 'claimed']] },
  { title: 'Heartbeats', note: 'time since the quietest machine was heard', value: seconds, series: [['fleet.max_heartbeat_age_secs', 'silence']] },
];

export const metrics = (app, range) => GROUPS.map((group) => one(app, range, group));

function one({ api, signal }, range, { title, note, value, series }) {
  const names = series.map(([metric]) => metric).join();
  const rollup = () => (Number(range.hours) > 168 ? 'metric_rollups_hourly' : 'metric_samples');
  return panel({
    title, note, signal, every: 30000, lines: 6,
    load: () => api.get('/api/observability/metrics', { metrics: names, from: range.from() }),
    tries: {
      path: () => `/api/observability/metrics?metrics=${names}&from=${range.from()}`, token: true,
      supabase: () => `const { data } = await supabase.from('${rollup()}').select('*')\n  .in('metric', ${JSON.stringify(series.map(([metric]) => metric))})`,
    },
    isEmpty: ({ series: found }) => found.every(({ points }) => points.length < 2),
    empty: ['Too little was measured in this time.', 'Samples are taken every minute.'],
    draw: ({ series: found }, body) => {
      const { x, columns } = join(series.map(([metric]) => found.find((one) => one.metric === metric)?.points ?? []));
      chart(body, {
        x, kind: 'line', value, from: range.begin(), label: (at) => moment(at * 1000),
        series: series.map(([, name], i) => ({ name, colour: `--c${i + 1}`, values: columns[i] })),
        summary: `${title}, ${note}: ${series.map(([, name], i) => `${name} now ${(value ?? count)(columns[i].findLast((one) => one !== undefined))}`).join(', ')}.`,
      }, signal);
    },
  });
}

/** Series with times of their own -> one list of times (seconds), and a value or undefined at each. */
function join(lists) {
  const x = [...new Set(lists.flat().map(({ ts }) => Date.parse(ts) / 1000))].sort((a, b) => a - b);
  const places = new Map(x.map((at, i) => [at, i]));
  const columns = lists.map((points) => {
    const column = new Array(x.length).fill(undefined);
    for (const { ts, value } of points) column[places.get(Date.parse(ts) / 1000)] = value;
    return column;
  });
  return { x, columns };
}
