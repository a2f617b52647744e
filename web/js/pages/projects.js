// Campaigns with a goal; /projects/{slug} is one of them.
import { fill, h } from '../dom.js';
import { compact, count, dollars, formName } from '../format.js';
import { bar, pill } from '../parts/bar.js';
import { panel } from '../parts/panel.js';
import { project } from './projects/project.js';
import { records } from './projects/records.js';

export function show(place, app) {
  if (app.rest) return project(place, app);
  fill(place, h('h1', {}, 'Projects'), list(app), records(app));
}

function list({ api, live, signal }) {
  const element = panel({
    title: 'All projects', kind: 'flat bare', signal, every: 10000, lines: 6,
    load: () => api.get('/api/projects'),
    tries: { path: '/api/projects', supabase: "const { data } = await supabase.from('projects').select('*').order('created_at', { ascending: false })" },
    isEmpty: ({ projects }) => projects.length === 0,
    empty: ['There is no project yet.', 'POST /api/projects makes one, from its form and its goal, or from a TOML file.'],
    draw: ({ projects }, body) => fill(body, h('ul', { class: 'cards' }, projects.map(card))),
  });
  live.on('gap', () => element.refresh(), { signal });
  return element;
}

function card(project) {
  const limit = project.budget?.max_cost_usd;
  return h('li', {}, h('a', { class: 'card', href: `/projects/${encodeURIComponent(project.slug)}` },
    h('span', { class: 'card-top' }, h('span', { class: 'note' }, `${formName(project.form)}, ${project.objective}`), pill(project.status)),
    h('strong', {}, project.name),
    h('span', { class: 'quiet' }, project.description),
    h('span', { class: 'card-foot' },
      h('span', {}, h('b', {}, count(project.total_found)), ' found of ', compact(project.total_tested), ' tested'),
      limit ? bar(project.total_cost_usd / limit, `${dollars(project.total_cost_usd)} of ${dollars(limit)}`, 'budget spent', { warn: 0.8, bad: 1 }) : h('span', {}, dollars(project.total_cost_usd)))));
}
