// The machines at work, as the live feed tells them every two seconds, and the searches they are cut from.
import { fill, h } from '../dom.js';
import { compact, count } from '../format.js';
import { figures } from '../parts/figures.js';
import { livePanel } from '../parts/panel.js';
import { nodes } from './fleet/nodes.js';
import { searches } from './fleet/searches.js';

export function show(place, app) {
  fill(place, h('h1', {}, 'Fleet'), totals(app), nodes(app), searches(app));
}

function totals({ live, signal }) {
  let former = null;
  return livePanel({
    title: 'Now', kind: 'flat', live, signal, lines: 2,
    pick: ({ fleet }) => fleet,
    tries: { path: '/api/ws-snapshot', supabase: "const { data } = await supabase.from('workers')\n  .select('worker_id, hostname, cores, tested, found, last_heartbeat')" },
    draw: (fleet, body) => {
      const rate = rateOf(former, fleet);
      former = { tested: Number(fleet.total_tested), at: performance.now(), rate };
      fill(body, figures([
        ['machines', count(fleet.total_workers)], ['cores', count(fleet.total_cores)],
        ['candidates tested', compact(fleet.total_tested), rate > 0 ? `${compact(rate)} a second` : null],
        ['primes found', count(fleet.total_found)],
      ]));
    },
  });
}

function rateOf(former, { total_tested }) {
  if (!former) return 0;
  const seconds = (performance.now() - former.at) / 1000;
  return seconds < 1 ? former.rate : Math.max(0, (Number(total_tested) - former.tested) / seconds);
}
