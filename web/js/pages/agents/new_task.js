// A new task, free or by a template: pending until an agent takes it.
import { fill, h } from '../../dom.js';
import { openDialog } from '../../parts/dialog.js';
import { act } from '../../parts/say.js';
import { failureOf } from '../../parts/states.js';

export async function newTask({ api, signal }, onMade) {
  const { body, close } = openDialog('New task', signal);
  let templates, roles;
  try {
    [{ data: { templates } }, { data: { roles } }] = await Promise.all([api.get('/api/agents/templates'), api.get('/api/agents/roles')]);
  } catch (error) {
    return fill(body, failureOf(error));
  }
  const select = (name, label, options) => h('label', {}, label, h('select', { name }, options.map(([value, text]) => h('option', { value }, text))));
  fill(body, h('form', { class: 'card-form', onsubmit: async (event) => {
    event.preventDefault();
    if (await act(event.submitter, () => send(api, Object.fromEntries(new FormData(event.target))), 'The task waits for an agent.')) { close(); onMade(); }
  } },
  h('label', {}, 'Title', h('input', { name: 'title', required: true, maxlength: 500 })),
  h('label', {}, 'What is to be done', h('textarea', { name: 'description', maxlength: 20000 })),
  h('div', { class: 'grid halves' },
    select('template', 'Template', [['', 'none'], ...templates.map(({ name, description }) => [name, `${name}: ${description}`])]),
    select('role_name', 'Role', [['', 'any'], ...roles.map(({ name }) => [name, name])]),
    select('priority', 'Priority', ['normal', 'low', 'high', 'urgent'].map((word) => [word, word])),
    h('label', {}, 'Cost limit, dollars', h('input', { name: 'max_cost_usd', type: 'number', min: 0, step: 'any' }))),
  h('button', { class: 'button strong' }, 'Make the task')));
}

function send(api, { template, max_cost_usd: cost, role_name: role, ...task }) {
  const body = { ...task, permission_level: 1, ...(role && { role_name: role }), ...(cost && { max_cost_usd: Number(cost) }) };
  return api.send('POST', template ? `/api/agents/templates/${encodeURIComponent(template)}/expand` : '/api/agents/tasks', body);
}
