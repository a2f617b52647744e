// The gateway's own figures: requests, its pool of connections, its caches. From /metrics, as Prometheus reads it.
import { fill } from '../../dom.js';
import { count, counted, milliseconds, percent } from '../../format.js';
import { figures } from '../../parts/figures.js';
import { panel } from '../../parts/panel.js';
import { ratio, readMetrics } from './prometheus.js';

export function gateway({ api, signal }) {
  let former = null;
  return panel({
    title: 'Gateway', kind: 'flat', signal, every: 5000, lines: 2,
    load: async () => {
      const reply = await api.open('/metrics', { signal });
      return { data: readMetrics(await reply.text()), at: Date.now(), stale: false };
    },
    tries: { path: '/metrics', supabase: '// for machines: Prometheus reads it' },
    draw: (metrics, body) => {
      const requests = metrics.sum('postern_http_requests_total');
      const now = { requests, at: performance.now() };
      const rate = former ? (requests - former.requests) / ((now.at - former.at) / 1000) : null;
      former = now;
      const [open, busy, most] = [metrics.get('postern_db_connections', 'open'), metrics.get('postern_db_connections', 'busy'), metrics.get('postern_db_connections_max')];
      fill(body, figures([
        ['requests', count(requests), rate === null ? null : `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))} a second`],
        ['failed (5xx)', count(metrics.get('postern_http_requests_total', '5xx')), `${count(metrics.get('postern_http_requests_total', '4xx'))} refused (4xx)`],
        ['mean time', milliseconds(1000 * metrics.get('postern_http_request_seconds_sum') / metrics.get('postern_http_request_seconds_count')), 'from request to answer'],
        ['connections', `${count(busy)} busy`, `${count(open)} open of ${count(most)}; ${counted(metrics.get('postern_db_waiting'), 'statement')} waiting`],
        ['from the cache', share(metrics, 'postern_cache_requests_total'), 'of answers that may be kept'],
        ['tokens', share(metrics, 'postern_token_cache_total'), 'were verified before'],
      ]));
    },
  });
}

const share = (metrics, name) => {
  const value = ratio(metrics, name);
  return value === null ? '–' : percent(100 * value);
};
