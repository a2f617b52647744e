// One task: what it is, its diary, the lines it printed; it can be cancelled while it is open.
import { fill, h } from '../../dom.js';
import { count, counted, dollars, milliseconds, moment } from '../../format.js';
import { pill } from '../../parts/bar.js';
import { openDialog } from '../../parts/dialog.js';
import { tryButton } from '../../parts/drawer.js';
import { act } from '../../parts/say.js';
import { failureOf, waiting } from '../../parts/states.js';

const OPEN = ['pending', 'in_progress'];

export async function openTask({ api, signal }, task, onChange) {
  const { body, close } = openDialog(task.title, signal);
  const diary = h('div', {}, waiting(5)), lines = h('div');
  const path = `/api/agents/tasks/${task.id}`;
  fill(body,
    h('p', {}, pill(task.status), ' ', h('span', { class: 'quiet' }, [`${task.priority} priority`, task.template_name, task.agent_model, dollars(task.cost_usd), `${count(task.tokens_used)} tokens`].filter(Boolean).join(' · '))),
    task.description && h('p', {}, task.description),
    h('h3', {}, 'Diary'), diary, lines,
    h('footer', {}, OPEN.includes(task.status) && h('button', { class: 'button bad', type: 'button', onclick: async ({ currentTarget }) => {
      if (await act(currentTarget, () => api.send('POST', `${path}/cancel`), 'The task is cancelled.')) { close(); onChange(); }
    } }, 'Cancel the task'),
    tryButton(`Task ${task.id}`, { path: `${path}/timeline`, token: true, supabase: `const { data } = await supabase.from('agent_events')\n  .select('*').eq('task_id', ${task.id}).order('created_at')` })));
  try {
    const [{ data: events }, { data: { logs, total } }] = await Promise.all([api.get(`${path}/timeline`, {}, { signal }), api.get(`${path}/logs`, { limit: 200 }, { signal })]);
    fill(diary, h('ol', { class: 'events' }, events.map(event)));
    if (total > 0) fill(lines, h('h3', {}, `${counted(total, 'line')} that it printed`), h('pre', { class: 'printed', tabindex: 0 }, logs.map(({ stream, content }) => h('span', { class: stream }, `${content}\n`))));
  } catch (error) {
    if (!signal.aborted) fill(diary, failureOf(error));
  }
}

function event({ summary, created_at: at, tool_name: tool, duration_ms: took, agent }) {
  return h('li', {}, h('span', {}, summary, tool && h('code', { class: 'quiet' }, ` ${tool}`)),
    h('span', { class: 'quiet' }, [agent, took && milliseconds(took), moment(at)].filter(Boolean).join(' · ')));
}
