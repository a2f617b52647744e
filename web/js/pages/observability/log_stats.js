// How many log lines of each level there were, over time.
import { moment } from '../../format.js';
import { chart } from '../../parts/chart.js';
import { panel } from '../../parts/panel.js';

const LEVELS = [['debug', '--c0'], ['info', '--c1'], ['warn', '--c2'], ['error', '--c5']];

export function logStats({ api, signal }, range) {
  const bucket = () => (Number(range.hours) > 168 ? 'day' : 'hour');
  return panel({
    title: 'Log lines', note: 'by level', signal, every: 30000, lines: 6,
    load: () => api.get('/api/observability/logs/stats', { from: range.from(), bucket: bucket() }),
    tries: { path: () => `/api/observability/logs/stats?from=${range.from()}&bucket=${bucket()}`, token: true, supabase: () => `const { data } = await supabase.from('system_logs')\n  .select('ts, level').gte('ts', '${range.from()}')` },
    isEmpty: ({ buckets }) => buckets.length === 0,
    empty: ['Nothing was written in this time.', 'Machines and agents write to system_logs.'],
    draw: ({ buckets }, body) => chart(body, {
      x: buckets.map(({ ts }) => Date.parse(ts) / 1000), kind: 'stack', from: range.begin(), label: (at) => moment(at * 1000),
      series: LEVELS.map(([level, colour]) => ({ name: level, colour, values: buckets.map((one) => one[level]) })),
      summary: `Log lines by ${bucket()} and level.`,
    }, signal),
  });
}
