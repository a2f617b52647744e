// One project: its figures, its phases in order, what it has cost, what happened; who may, starts and stops it.
import { fill, h } from '../../dom.js';
import { ago, bucketDay, compact, count, counted, dayOf, dollars, formName } from '../../format.js';
import { pill } from '../../parts/bar.js';
import { chart } from '../../parts/chart.js';
import { figures } from '../../parts/figures.js';
import { panel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';

const VERBS = { draft: ['activate', 'cancel'], active: ['pause', 'cancel'], paused: ['activate', 'cancel'] };

export function project(place, app) {
  const { api, signal, rest: slug } = app;
  const path = `/api/projects/${encodeURIComponent(slug)}`;
  const head = h('header', { class: 'page-head' }, h('h1', {}, 'Project'));
  const phases = h('div'), events = h('div');
  const main = panel({
    title: 'Progress', signal, every: 5000, lines: 6,
    load: () => api.get(path),
    tries: { path, supabase: `const { data } = await supabase.from('projects')\n  .select('*, project_phases(*), project_events(*)').eq('slug', ${JSON.stringify(slug)}).single()` },
    draw: (all, body) => {
      fill(head, h('h1', {}, all.project.name), pill(all.project.status), h('div', { class: 'tools' }, buttons(app, all.project, () => main.refresh())));
      fill(body, h('p', { class: 'lead' }, all.project.description), numbers(all.project), phases, events);
      fill(phases, h('h3', {}, 'Phases'), h('ol', { class: 'phases' }, all.phases.map(phase)));
      fill(events, h('h3', {}, 'What happened'), all.events.length === 0 ? h('p', { class: 'quiet' }, 'Nothing yet.')
        : h('ol', { class: 'events' }, all.events.slice(0, 20).map((event) => h('li', {}, h('span', {}, event.summary), h('span', { class: 'quiet' }, ago(event.created_at))))));
    },
  });
  fill(place, h('p', { class: 'note' }, h('a', { href: '/projects' }, 'All projects')), head, main, costs(app, path));
}

function buttons({ api, session }, { slug, name, status }, refresh) {
  if (!session.admin) return null;
  return (VERBS[status] ?? []).map((verb) => h('button', { class: verb === 'cancel' ? 'button bad' : 'button', type: 'button', onclick: async ({ currentTarget }) => {
    if (verb === 'cancel' && !confirm(`Cancel ${name}? Its searches are cancelled, too; what they found stays.`)) return;
    if (await act(currentTarget, () => api.send('POST', `/api/projects/${encodeURIComponent(slug)}/${verb}`), ({ status: now }) => `${name} is ${now}.`)) refresh();
  } }, verb[0].toUpperCase() + verb.slice(1)));
}

function numbers(project) {
  return figures([
    ['found', count(project.total_found), `of ${compact(project.total_tested)} tested`],
    ['digits of the largest', count(project.best_digits)],
    ['core hours', count(Math.round(project.total_core_hours))],
    ['cost', dollars(project.total_cost_usd), project.budget?.max_cost_usd ? `of ${dollars(project.budget.max_cost_usd)}` : 'no limit'],
    ['form', h('a', { href: `/browse?form=${encodeURIComponent(project.form)}` }, formName(project.form)), project.started_at ? `since ${dayOf(project.started_at)}` : 'not started'],
  ]);
}

function phase({ name, description, status, total_tested, total_found, started_at, completed_at }) {
  return h('li', { dataset: { state: status } },
    h('div', {}, h('strong', {}, name), ' ', pill(status)),
    h('p', { class: 'quiet' }, description),
    h('p', { class: 'note' }, [`${counted(total_found, 'prime')} of ${compact(total_tested)} tested`, started_at && `began ${dayOf(started_at)}`, completed_at && `done ${dayOf(completed_at)}`].filter(Boolean).join(' · ')));
}

function costs({ api, signal }, path) {
  return panel({
    title: 'Cost', signal, every: 30000, lines: 5,
    load: () => api.get(`${path}/cost-history`),
    tries: { path: `${path}/cost-history`, supabase: "// summed up by the server: there is no table to ask\nconst { data } = await fetch('…/cost-history')" },
    isEmpty: ({ history }) => history.length < 2,
    empty: ['Less than two days of cost: no line yet.', 'It grows with each block that is completed.'],
    draw: ({ history, budget_usd: budget, cloud_rate: rate }, body) => chart(body, {
      x: history.map(({ time }) => Date.parse(time) / 1000), utc: true, kind: 'line',
      series: [{ name: 'dollars', colour: '--c1', values: history.map(({ cost_usd: cost }) => cost) },
        ...(budget ? [{ name: 'budget', colour: '--c5', values: history.map(() => budget) }] : [])],
      value: dollars, label: bucketDay,
      summary: `The cost of this project by day, ${dollars(history.at(-1).cost_usd)} by now, at ${dollars(rate)} a core hour.`,
    }, signal),
  });
}
