// What agents remember from task to task: to look through, to add to, to forget.
import { fill, h } from '../../dom.js';
import { ago } from '../../format.js';
import { panel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';

const CATEGORIES = ['general', 'pattern', 'convention', 'gotcha', 'preference', 'architecture'];

export function memory({ api, signal }) {
  let wanted = '', rows = [];
  const search = h('input', { type: 'search', placeholder: 'Look through …', 'aria-label': 'Look through the memory', oninput: () => {
    wanted = search.value.toLowerCase();
    draw();
  } });
  const list = h('ul', { class: 'rows memory' });
  const element = panel({
    title: 'Memory', signal, every: 15000, lines: 6, tools: search,
    load: () => api.get('/api/agents/memory'),
    tries: { path: '/api/agents/memory', token: true, supabase: "const { data } = await supabase.from('agent_memory').select('*').order('category').order('key')" },
    draw: (data, body) => {
      rows = data;
      if (!list.isConnected) fill(body, list, form());
      draw();
    },
  });

  function draw() {
    if (list.contains(document.activeElement)) return;
    const shown = rows.filter(({ key, value, category }) => `${key} ${value} ${category}`.toLowerCase().includes(wanted));
    fill(list, shown.map(entry), shown.length === 0 && h('li', { class: 'quiet' }, wanted ? 'Nothing remembered is like this.' : 'Nothing is remembered yet.'));
  }

  function entry({ key, value, category, updated_at: at }) {
    return h('li', {}, h('div', {}, h('strong', {}, key), ' ', h('span', { class: 'pill' }, category), h('p', {}, value)),
      h('div', { class: 'right' }, h('p', { class: 'note' }, ago(at)),
        h('button', { class: 'plain', type: 'button', 'aria-label': `Forget ${key}`, onclick: async ({ currentTarget }) => {
          if (!confirm(`Forget "${key}"?`)) return;
          const done = await act(currentTarget, () => api.send('DELETE', `/api/agents/memory/${encodeURIComponent(key)}`).then(() => true), 'It is forgotten.');
          if (done) { currentTarget?.blur(); document.activeElement?.blur(); element.refresh(); }
        } }, 'Forget')));
  }

  function form() {
    return h('form', { class: 'inline spread', onsubmit: async (event) => {
      event.preventDefault();
      const { target } = event;
      if (await act(event.submitter, () => api.send('PUT', '/api/agents/memory', Object.fromEntries(new FormData(target))), 'It is remembered.')) { target.reset(); element.refresh(); }
    } }, h('input', { name: 'key', required: true, maxlength: 500, placeholder: 'key', 'aria-label': 'Key' }),
    h('input', { name: 'value', required: true, placeholder: 'what is to be remembered', 'aria-label': 'What is to be remembered' }),
    h('select', { name: 'category', 'aria-label': 'Category' }, CATEGORIES.map((word) => h('option', {}, word))),
    h('button', { class: 'button' }, 'Remember'));
  }

  return element;
}
