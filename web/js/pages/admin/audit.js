// Who changed what, the newest first.
import { fill, h } from '../../dom.js';
import { ago, count, counted } from '../../format.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';

const PAGE = 25;

function whoOf({ user_email: email, user_id: id }) {
  return email ?? (id ? h('code', {}, id.slice(0, 8)) : '–');
}

const columns = [
  ['When', ({ created_at: at }) => ago(at)],
  ['Who', whoOf, 'wide'],
  ['Did', ({ action }) => action, 'wide'],
  ['To', (entry) => [h('span', { class: 'quiet' }, entry.method), ' ', entry.resource ?? '–', h('span', { class: 'note below' }, whoOf(entry))], 'long'],
  ['Status', ({ status_code: code }) => code ?? '–', 'number wide'],
  ['From', ({ ip_address: address }) => address ?? '–', 'quiet wide'],
];

export function audit({ api, signal }) {
  let offset = 0;
  const move = (step) => {
    offset = Math.max(0, offset + step);
    element.refresh();
  };
  const element = panel({
    title: 'Audit', signal, every: 15000, lines: 6,
    load: () => api.get('/api/audit', { limit: PAGE, offset: offset || null }),
    tries: { path: () => `/api/audit?limit=${PAGE}&offset=${offset}`, token: true, supabase: () => `const { data, count } = await supabase.from('audit_log').select('*', { count: 'exact' })\n  .order('created_at', { ascending: false }).range(${offset}, ${offset + PAGE - 1})` },
    isEmpty: ({ data }) => data.total === 0,
    empty: ['Nothing is written down yet.', 'Requests that write, and those for administrators, are noted here.'],
    draw: ({ data: { entries, total } }, body) => fill(body, table(columns, entries, { caption: 'Audit' }),
      h('p', { class: 'pager' }, h('button', { class: 'button', type: 'button', disabled: offset === 0, onclick: () => move(-PAGE) }, 'Newer'),
        h('span', { class: 'quiet' }, `${count(offset + 1)} to ${count(offset + entries.length)} of ${counted(total, 'entry', 'entries')}`),
        h('button', { class: 'button', type: 'button', disabled: offset + PAGE >= total, onclick: () => move(PAGE) }, 'Older'))),
  });
  return element;
}
