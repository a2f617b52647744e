// What finished tasks cost, by day and model.
import { bucketDay, dollars } from '../../format.js';
import { chart } from '../../parts/chart.js';
import { panel } from '../../parts/panel.js';

const DAY_S = 86400;

export function costs({ api, signal }) {
  return panel({
    title: 'Cost by day', signal, every: 60000, lines: 6,
    load: () => api.get('/api/agents/analytics/daily-costs', { days: 30 }),
    tries: { path: '/api/agents/analytics/daily-costs?days=30', token: true, supabase: "const { data } = await supabase.from('agent_tasks')\n  .select('completed_at, agent_model, cost_usd').eq('status', 'completed')" },
    isEmpty: (rows) => rows.length === 0,
    empty: ['Nothing was spent in the last 30 days.', 'Finished tasks are counted here.'],
    draw: (rows, body) => {
      const at = (date) => Date.parse(`${date}T00:00:00Z`) / 1000;
      const first = at(rows[0].date), days = Math.round((at(rows.at(-1).date) - first) / DAY_S) + 1;
      const x = Array.from({ length: days }, (_, i) => first + i * DAY_S);
      const models = [...new Set(rows.map(({ model }) => model))].sort();
      const series = models.map((model, i) => ({ name: model, colour: `--c${(i % 6) + 1}`, values: new Array(days).fill(0) }));
      for (const { date, model, total_cost: cost } of rows) series[models.indexOf(model)].values[Math.round((at(date) - first) / DAY_S)] += cost;
      chart(body, { x, series, utc: true, kind: 'stack', value: dollars, label: (time) => bucketDay(time),
        summary: `Cost of agents' tasks by day and model, ${dollars(rows.reduce((sum, { total_cost: cost }) => sum + cost, 0))} in all.` }, signal);
    },
  });
}
