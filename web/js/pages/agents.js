// What agents do: their tasks, what they may spend and have spent, what they remember, when they start.
import { fill, h } from '../dom.js';
import { budgets } from './agents/budgets.js';
import { costs } from './agents/costs.js';
import { memory } from './agents/memory.js';
import { newTask } from './agents/new_task.js';
import { schedules } from './agents/schedules.js';
import { tasks } from './agents/tasks.js';

export function show(place, app) {
  const list = tasks(app);
  fill(place, h('header', { class: 'page-head' }, h('h1', {}, 'Agents'), h('div', { class: 'tools' },
    h('button', { class: 'button', type: 'button', onclick: () => newTask(app, () => list.refresh()) }, 'New task'))),
  budgets(app), list, h('div', { class: 'grid halves roomily' }, costs(app), schedules(app)), memory(app));
}
