// Credit, rank and trust of the operator.
import { fill } from '../../dom.js';
import { count } from '../../format.js';
import { figures } from '../../parts/figures.js';
import { panel } from '../../parts/panel.js';

export function standing({ api, signal }) {
  return panel({
    title: 'Standing', kind: 'flat', signal, every: 30000, lines: 2,
    load: async () => {
      const [stats, trust] = await Promise.all([api.get('/api/v1/operators/stats'), api.get('/api/v1/operators/me/trust')]);
      return { ...stats, stale: stats.stale || trust.stale, data: { ...stats.data, trust: trust.data } };
    },
    tries: { path: '/api/v1/operators/stats', token: true, supabase: "const { data } = await supabase.from('operators')\n  .select('username, credit, primes_found').eq('id', operatorId).single()" },
    draw: ({ credit, primes_found: found, trust_level: level, rank, trust }, body) => fill(body, figures([
      ['credit', count(credit)], ['rank', `#${count(rank)}`], ['primes found', count(found)],
      ['trust', `level ${level}`, `${count(trust.consecutive_valid)} right results in a row`],
    ])),
  });
}
