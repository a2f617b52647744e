// What agents may spend in a day, a week and a month. The sum can be changed in place.
import { fill, h } from '../../dom.js';
import { compact, dollars } from '../../format.js';
import { bar } from '../../parts/bar.js';
import { panel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';

export function budgets({ api, signal }) {
  const element = panel({
    title: 'Budgets', kind: 'flat', signal, every: 10000, lines: 2,
    load: () => api.get('/api/agents/budgets'),
    tries: { path: '/api/agents/budgets', token: true, supabase: "const { data } = await supabase.from('agent_budgets').select('*').order('id')" },
    isEmpty: (rows) => rows.length === 0,
    empty: ['No budget is set.', 'Agents spend nothing without one.'],
    draw: (rows, body) => {
      if (body.contains(document.activeElement) && document.activeElement.tagName === 'INPUT') return; // somebody types
      fill(body, h('ul', { class: 'budgets' }, rows.map((row) => budget(row, change))));
    },
  });
  async function change(button, id, value) {
    if (await act(button, () => api.send('PUT', '/api/agents/budgets', { id, budget_usd: Number(value) }), 'The budget is changed.')) element.refresh();
  }
  return element;
}

function budget({ id, period, budget_usd: limit, spent_usd: spent, tokens_used: tokens }, change) {
  const input = h('input', { name: 'budget', type: 'number', min: 0, step: 'any', value: String(limit), required: true, 'aria-label': `${period} budget in dollars` });
  return h('li', {},
    h('div', { class: 'card-top' }, h('strong', {}, period), h('span', { class: 'note' }, `${compact(tokens)} tokens`)),
    bar(spent / limit, `${dollars(spent)} of ${dollars(limit)}`, `${period} budget spent`, { warn: 0.8, bad: 1 }),
    h('form', { class: 'inline', onsubmit: (event) => {
      event.preventDefault();
      input.blur();
      change(event.submitter, id, input.value);
    } }, h('span', { 'aria-hidden': 'true' }, '$'), input, h('button', { class: 'button' }, 'Set')));
}
