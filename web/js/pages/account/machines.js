// The machines that are lent.
import { fill, h } from '../../dom.js';
import { ago, count } from '../../format.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';

const ONLINE_MS = 120000;
const isOnline = ({ last_heartbeat: at }) => at && Date.now() - Date.parse(at) < ONLINE_MS;

const columns = [
  ['Machine', ({ worker_id: id, hostname }) => h('span', { title: hostname }, id), 'id'],
  ['State', (node) => h('span', { class: 'pill', dataset: { kind: isOnline(node) ? 'healthy' : '' } }, isOnline(node) ? 'online' : 'offline')],
  ['Cores', ({ cores }) => count(cores), 'number'],
  ['Processor', ({ cpu_model: model, os, arch }) => `${model ?? 'unknown'}, ${os ?? '?'}/${arch ?? '?'}`, 'roomy'],
  ['Memory', ({ ram_gb: gb }) => (gb ? `${count(gb)} GB` : '–'), 'number wide'],
  ['Graphics', ({ has_gpu: has, gpu_model: model }) => (has ? model ?? 'yes' : '–'), 'wide'],
  ['Version', ({ worker_version: version }) => version ?? '–', 'wide'],
  ['Heard', ({ last_heartbeat: at }) => ago(at), 'quiet'],
];

export function machines({ api, signal }) {
  return panel({
    title: 'Machines', signal, every: 15000, lines: 4,
    load: () => api.get('/api/v1/operators/me/nodes'),
    tries: { path: '/api/v1/operators/me/nodes', token: true, supabase: "const { data } = await supabase.from('operator_nodes').select('*').order('last_heartbeat', { ascending: false })" },
    isEmpty: (nodes) => nodes.length === 0,
    empty: ['No machine works for you yet.', 'Make a key above and start a worker with it: it registers itself.'],
    draw: (nodes, body) => fill(body, table(columns, nodes, { caption: 'Your machines' })),
  });
}
