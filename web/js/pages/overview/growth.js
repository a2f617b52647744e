// Discoveries over time, stacked by form.
import { bucketDay, count, formName } from '../../format.js';
import { choice } from '../../parts/choice.js';
import { chart } from '../../parts/chart.js';
import { formColours } from '../../parts/forms.js';
import { panel } from '../../parts/panel.js';

export function growth({ api, signal }) {
  let bucket = 'week';
  const path = () => `/api/stats/timeline?bucket_type=${bucket}`;
  const element = panel({
    title: 'Discoveries over time', signal, every: 10000, lines: 7,
    load: () => api.get('/api/stats/timeline', { bucket_type: bucket }),
    tools: choice('By', [['day', 'day'], ['week', 'week'], ['month', 'month']], bucket, (chosen) => {
      bucket = chosen;
      element.refresh();
    }),
    tries: { path, supabase: () => `const { data } = await supabase.rpc('get_discovery_timeline', { bucket_type: '${bucket}' })` },
    isEmpty: (rows) => rows.length === 0,
    empty: ['Nothing has been found yet.', 'Each find becomes a part of this picture.'],
    draw: (rows, body) => draw(rows, body, bucket, signal),
  });
  return element;
}

function draw(rows, body, bucket, signal) {
  const { x, forms, values } = tableOf(rows);
  const colours = formColours(forms);
  const series = colours.shown.map((form) => ({ name: formName(form), colour: colours.of(form), values: values.get(form) }));
  if (colours.others.length > 0) series.push({ name: 'others', colour: '--c0', values: sumOf(colours.others.map((form) => values.get(form)), x.length) });
  const totals = sumOf([...values.values()], x.length);
  const most = totals.indexOf(Math.max(...totals));
  chart(body, {
    x, series, utc: true, kind: 'stack', height: 340,
    label: (at) => `${bucket === 'day' ? '' : `${bucket} of `}${bucketDay(at)}: ${count(totals[x.indexOf(at)])}`,
    summary: `Primes found by ${bucket}, from ${bucketDay(x[0])} to ${bucketDay(x.at(-1))}; the most, ${count(totals[most])}, in the ${bucket} of ${bucketDay(x[most])}.`,
  }, signal);
}

/** [{bucket, form, count}] -> the buckets in seconds, the forms by frequency, a list of counts for each. */
function tableOf(rows) {
  const x = [...new Set(rows.map(({ bucket }) => Date.parse(`${bucket}Z`) / 1000))].sort((a, b) => a - b);
  const places = new Map(x.map((at, i) => [at, i]));
  const values = new Map(), sums = new Map();
  for (const { bucket, form, count: amount } of rows) {
    if (!values.has(form)) values.set(form, new Array(x.length).fill(0));
    values.get(form)[places.get(Date.parse(`${bucket}Z`) / 1000)] += amount;
    sums.set(form, (sums.get(form) ?? 0) + amount);
  }
  return { x, values, forms: [...values.keys()].sort((a, b) => sums.get(b) - sums.get(a)) };
}

const sumOf = (lists, length) => Array.from({ length }, (_, i) => lists.reduce((sum, list) => sum + list[i], 0));
