// Tasks that start by the clock or by an event; each can be switched on and off.
import { fill, h } from '../../dom.js';
import { ago, count } from '../../format.js';
import { panel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';

export function schedules({ api, signal }) {
  const element = panel({
    title: 'Schedules', signal, every: 15000, lines: 6,
    load: () => api.get('/api/schedules'),
    tries: { path: '/api/schedules', token: true, supabase: "const { data } = await supabase.from('agent_schedules').select('*').order('name')" },
    isEmpty: ({ schedules: rows }) => rows.length === 0,
    empty: ['Nothing starts by itself.', 'POST /api/schedules makes a schedule.'],
    draw: ({ schedules: rows }, body) => {
      if (body.contains(document.activeElement)) return;
      fill(body, h('ul', { class: 'rows' }, rows.map((row) => schedule(api, row))));
    },
  });
  return element;
}

function schedule(api, row) {
  const box = h('input', { type: 'checkbox', role: 'switch', 'aria-label': `${row.name} is on`, checked: row.enabled, onchange: async () => {
    const wanted = box.checked;
    const done = await act(box, () => api.send('PUT', `/api/schedules/${row.id}/toggle`, { enabled: wanted }), `${row.name} is ${wanted ? 'on' : 'off'}.`);
    if (!done) box.checked = !wanted;
  } });
  return h('li', {}, box, h('div', {}, h('strong', {}, row.name), h('p', { class: 'note' }, row.description)),
    h('div', { class: 'right' }, h('code', {}, row.cron_expr ?? `on ${row.event_filter}`),
      h('p', { class: 'note' }, `fired ${count(row.fire_count)} times`, row.last_fired_at && [', ', ago(row.last_fired_at)])));
}
