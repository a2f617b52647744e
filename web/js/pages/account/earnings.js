// Credit by month.
import { count } from '../../format.js';
import { chart } from '../../parts/chart.js';
import { panel } from '../../parts/panel.js';

const month = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

export function earnings({ api, signal }) {
  return panel({
    title: 'Credit by month', signal, every: 60000, lines: 6,
    load: () => api.get('/api/v1/operators/me/earnings'),
    tries: { path: '/api/v1/operators/me/earnings', token: true, supabase: "const { data } = await supabase.from('operator_credits')\n  .select('credit, granted_at').order('granted_at')" },
    isEmpty: (rows) => rows.length === 0,
    empty: ['No credit was granted yet.', 'Each block that your machines complete is credited.'],
    draw: (rows, body) => chart(body, {
      x: rows.map((row) => Date.parse(`${row.month}-01T00:00:00Z`) / 1000), utc: true, kind: 'bars',
      series: [{ name: 'credit', colour: '--c1', values: rows.map(({ total_credits: credit }) => credit) }],
      label: (at) => month.format(at * 1000),
      summary: `Credit by month, ${count(rows.reduce((sum, { total_credits: credit }) => sum + credit, 0))} in all.`,
    }, signal),
  });
}
