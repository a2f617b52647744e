// How many primes there are of each size: decimal digits in buckets, on a logarithmic scale, as there
// are thousands of small ones for each large one.
import { count } from '../../format.js';
import { choice } from '../../parts/choice.js';
import { chart } from '../../parts/chart.js';
import { panel } from '../../parts/panel.js';

export function digits({ api, signal }) {
  let size = 25;
  const element = panel({
    title: 'By number of digits', signal, every: 10000, lines: 7,
    load: () => api.get('/api/stats/distribution', { bucket_size: size }),
    tools: choice('Steps of', [[10, '10'], [25, '25'], [100, '100']], size, (chosen) => {
      size = Number(chosen);
      element.refresh();
    }),
    tries: {
      path: () => `/api/stats/distribution?bucket_size=${size}`,
      supabase: () => `const { data } = await supabase.rpc('get_digit_distribution', { bucket_size_param: ${size} })`,
    },
    isEmpty: (rows) => rows.length === 0,
    empty: ['No prime has a size yet.', 'Once one is found, it stands here.'],
    draw: (rows, body) => draw(rows, body, size, signal),
  });
  return element;
}

function draw(rows, body, size, signal) {
  const sums = new Map();
  for (const { bucket_start, count: amount } of rows) sums.set(bucket_start, (sums.get(bucket_start) ?? 0) + amount);
  const last = Math.max(...sums.keys());
  const x = Array.from({ length: last / size + 1 }, (_, i) => i * size);
  const values = x.map((start) => sums.get(start) ?? null);
  chart(body, {
    x, kind: 'bars', log: true, time: false, height: 300,
    series: [{ name: 'primes', colour: '--c1', values }],
    label: (start) => (Number.isInteger(start / size) ? count(start) : ''),
    summary: `Primes by number of digits, in steps of ${size}: ${count(values[0] ?? 0)} have fewer than ${size}; the largest has at least ${count(last)}.`,
  }, signal);
}
