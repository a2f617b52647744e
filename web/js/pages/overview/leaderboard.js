// The forms, the most frequent first: how many, the largest, the share that was verified.
import { fill, h } from '../../dom.js';
import { ago, count, formName, percent } from '../../format.js';
import { bar } from '../../parts/bar.js';
import { formColours } from '../../parts/forms.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';

export function leaderboard({ api, signal }) {
  return panel({
    title: 'Forms', signal, every: 10000, lines: 8,
    load: () => api.get('/api/stats/leaderboard'),
    tries: { path: '/api/stats/leaderboard', supabase: "const { data } = await supabase.rpc('get_form_leaderboard')" },
    isEmpty: (forms) => forms.length === 0,
    empty: ['No form has a prime yet.', 'Forms appear with their first prime.'],
    draw: (forms, body) => {
      const colours = formColours(forms.map(({ form }) => form));
      fill(body, table(columns(colours), forms));
    },
  });
}

const columns = (colours) => [
  ['Form', ({ form }) => h('a', { class: 'form', href: `/browse?form=${encodeURIComponent(form)}` },
    h('span', { class: 'swatch', dataset: { colour: colours.of(form).slice(2) } }), formName(form))],
  ['Primes', ({ count: amount }) => count(amount), 'number'],
  ['Digits', ({ largest_digits, largest_expression }) => h('span', { title: largest_expression }, count(largest_digits)), 'number'],
  ['Verified', ({ verified_pct: share }) => bar(share / 100, percent(share), 'verified'), 'number'],
  ['Last', ({ latest_found_at }) => ago(latest_found_at), 'quiet wide'],
];
