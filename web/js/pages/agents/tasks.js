// The tasks, by state; a task opens with everything that happened to it and what it printed.
import { fill, h } from '../../dom.js';
import { ago, compact, dollars } from '../../format.js';
import { pill } from '../../parts/bar.js';
import { choice } from '../../parts/choice.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { openTask } from './task.js';

const SHOWN = 60;
const PAUSE_MS = 300;

export function tasks(app) {
  const { api, live, signal } = app;
  let status = '';
  const path = () => `/api/agents/tasks?limit=${SHOWN}${status && `&status=${status}`}`;
  const element = panel({
    title: 'Tasks', signal, every: 5000, lines: 8,
    load: () => api.get('/api/agents/tasks', { limit: SHOWN, status }),
    tools: choice('State', [['', 'all'], ['pending', 'pending'], ['in_progress', 'at work'], ['completed', 'done'], ['failed', 'failed']], status, (chosen) => {
      status = chosen;
      element.refresh();
    }),
    tries: { path, token: true, supabase: () => `const { data } = await supabase.from('agent_tasks').select('*')${status && `\n  .eq('status', '${status}')`}\n  .order('created_at', { ascending: false }).limit(${SHOWN})` },
    isEmpty: ({ tasks: rows }) => rows.length === 0,
    empty: ['No task is like this.', 'A new one waits until an agent takes it.'],
    draw: ({ tasks: rows }, body) => fill(body, table(columns(app, element), rows, { caption: 'Tasks', tall: true })),
  });
  // A change is shown at once, many at a time are one question.
  let pause = null;
  const soon = () => {
    clearTimeout(pause);
    pause = setTimeout(element.refresh, PAUSE_MS);
  };
  live.follow('agent_tasks', soon, { signal });
  live.on('gap', soon, { signal });
  signal.addEventListener('abort', () => clearTimeout(pause));
  return element;
}

const columns = (app, element) => [
  ['Task', (task) => h('button', { class: 'link', type: 'button', onclick: () => openTask(app, task, () => element.refresh()) }, task.title)],
  ['State', ({ status }) => pill(status)],
  ['Priority', ({ priority }) => priority, 'wide quiet'],
  ['Agent', ({ assigned_agent: agent, role_name: role }) => agent ?? role ?? '–', 'wide id'],
  ['Model', ({ agent_model: model }) => model ?? '–', 'wide quiet'],
  ['Tokens', ({ tokens_used: tokens }) => compact(tokens), 'number wide'],
  ['Cost', ({ cost_usd: cost }) => dollars(cost), 'number'],
  ['Made', ({ created_at: at }) => ago(at), 'quiet wide'],
];
