// The window in figures: primes, errors and warnings against their budget, the fleet.
import { fill } from '../../dom.js';
import { compact, count, percent } from '../../format.js';
import { pill } from '../../parts/bar.js';
import { figures } from '../../parts/figures.js';
import { panel } from '../../parts/panel.js';

const rate = (value) => (value > 0 && value < 0.1 ? 'under 0.1' : value.toFixed(1));

export function report({ api, signal }, range) {
  return panel({
    title: 'Report', kind: 'flat', signal, every: 30000, lines: 2,
    load: () => api.get('/api/observability/report', { from: range.from() }),
    tries: { path: () => `/api/observability/report?from=${range.from()}`, token: true, supabase: () => `const { data } = await supabase.from('system_logs')\n  .select('level, count()').gte('ts', '${range.from()}')   // with aggregates on` },
    draw: ({ primes, logs, budget, fleet, coordinator }, body) => {
      const levels = Object.fromEntries(logs.by_level);
      fill(body, figures([
        ['health', pill(budget.status), `${rate(budget.errors_per_hour)} errors, ${rate(budget.warnings_per_hour)} warnings an hour`],
        ['primes found', count(primes.total), primes.by_form[0] ? `most of them ${primes.by_form[0][0].replaceAll('_', ' ')}` : null],
        ['log lines', count(Object.values(levels).reduce((sum, lines) => sum + lines, 0)), `${count(levels.error ?? 0)} errors, ${count(levels.warn ?? 0)} warnings`],
        ['machines at most', count(fleet.workers_peak), fleet.tested_delta > 0 ? `${compact(fleet.tested_delta)} tested` : null],
        ['coordinator', coordinator.avg_cpu_usage_percent === null ? '–' : percent(coordinator.avg_cpu_usage_percent), 'of its processors, on average'],
      ]));
    },
  });
}
