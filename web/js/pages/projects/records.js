// The world's records beside our own best.
import { fill, h } from '../../dom.js';
import { count, dayOf, formName } from '../../format.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';

const columns = [
  ['Form', ({ form }) => formName(form)],
  ['World record', ({ expression }) => h('code', {}, expression), 'wide'],
  ['Digits', ({ digits }) => count(digits), 'number'],
  ['Our best', ({ our_best_digits: digits, our_best_id: id }) => (id ? h('a', { href: `/browse?prime=${id}` }, count(digits)) : '–'), 'number'],
  ['Holder', ({ holder }) => holder ?? '–', 'wide'],
  ['Since', ({ discovered_at: at }) => dayOf(at), 'quiet wide roomy'],
];

export function records({ api, signal }) {
  return panel({
    title: 'Records of the world', signal, lines: 8,
    load: () => api.get('/api/records'),
    tries: { path: '/api/records', supabase: "const { data } = await supabase.from('records').select('*').order('form')" },
    isEmpty: ({ records: rows }) => rows.length === 0,
    empty: ['No record is known here.', 'POST /api/records/refresh asks for them to be fetched.'],
    draw: ({ records: rows }, body) => fill(body, table(columns, rows, { caption: 'Records' })),
  });
}
