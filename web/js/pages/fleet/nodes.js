// One line a machine: what it does, how loaded it is, when it was last heard.
import { fill, h } from '../../dom.js';
import { compact, count, duration, formName } from '../../format.js';
import { bar } from '../../parts/bar.js';
import { livePanel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';
import { table } from '../../parts/table.js';

const byName = new Intl.Collator('en', { numeric: true }); // host-9 before host-10
const LATE_S = 90; // beats are written down once a minute

export function nodes({ api, session, live, signal }) {
  const columns = [
    ['Machine', ({ worker_id, hostname }) => h('span', { title: hostname }, worker_id), 'id'],
    ['Searches', ({ search_type }) => formName(search_type || '–'), 'wide'],
    ['Load', ({ metrics, worker_id }) => load(metrics, 'cpu_usage_percent', `load of ${worker_id}`)],
    ['Memory', ({ metrics, worker_id }) => load(metrics, 'memory_usage_percent', `memory of ${worker_id}`), 'roomy'],
    ['Cores', ({ cores }) => count(cores), 'number wide'],
    ['Tested', ({ tested }) => compact(tested), 'number wide'],
    ['Found', ({ found }) => count(found), 'number wide'],
    ['Up', ({ uptime_secs }) => duration(uptime_secs), 'number quiet roomy'],
    ['Heard', ({ last_heartbeat_secs_ago: ago }) => h('span', { class: ago > LATE_S ? 'late' : 'quiet' }, ago < 1 ? 'now' : `${duration(ago)} ago`), 'number'],
  ];
  if (session.admin) columns.push(['', ({ worker_id }) => h('button', { class: 'plain', type: 'button', 'aria-label': `Stop ${worker_id}`, onclick: ({ currentTarget }) => stop(currentTarget, worker_id) }, 'Stop')]);

  function stop(button, id) {
    if (confirm(`Tell ${id} to stop? It does so with its next heartbeat.`))
      act(button, () => api.send('POST', `/api/fleet/workers/${encodeURIComponent(id)}/stop`), `${id} is told to stop.`);
  }

  return livePanel({
    title: 'Machines', live, signal, lines: 8,
    pick: ({ fleet }) => fleet?.workers,
    tries: { path: '/api/fleet', token: true, supabase: "const { data } = await supabase.from('workers').select('*')\n  .gt('last_heartbeat', new Date(Date.now() - 120000).toISOString())" },
    isEmpty: (workers) => workers.length === 0,
    empty: ['No machine is at work.', 'A machine appears here with its first heartbeat, and leaves two minutes after its last.'],
    draw: (workers, body) => fill(body, table(columns, workers.toSorted((a, b) => byName.compare(a.worker_id, b.worker_id)), { caption: 'Machines', tall: true })),
  });
}

function load(metrics, key, label) {
  const value = metrics?.[key];
  return value === undefined || value === null ? '–' : bar(value / 100, `${Math.round(value)} %`, label, { warn: 0.9, bad: 0.98 });
}
