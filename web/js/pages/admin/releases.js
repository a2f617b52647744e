// Versions of the worker: what each channel offers, to how many machines, and which versions run.
import { fill, h } from '../../dom.js';
import { ago, count, dayOf } from '../../format.js';
import { bar } from '../../parts/bar.js';
import { panel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';
import { table } from '../../parts/table.js';

export function releases({ api, signal }) {
  const element = panel({
    title: 'Releases', signal, every: 30000, lines: 5,
    load: async () => {
      const answers = await Promise.all([api.get('/api/releases/worker'), api.get('/api/releases/health'), api.get('/api/releases/events', { limit: 8 })]);
      return { at: answers[0].at, stale: answers.some(({ stale }) => stale), data: Object.assign({}, ...answers.map(({ data }) => data), { channels: answers[0].data.channels }) };
    },
    tries: { path: '/api/releases/worker', token: true, supabase: "const { data } = await supabase.from('worker_releases').select('*').order('published_at', { ascending: false })" },
    isEmpty: ({ releases: rows }) => rows.length === 0,
    empty: ['No version is published.', 'POST /api/releases/worker publishes one.'],
    draw: (data, body) => {
      if (body.contains(document.activeElement)) return;
      const running = data.adoption.reduce((sum, { workers }) => sum + workers, 0);
      fill(body, h('ul', { class: 'channels' }, data.channels.map((one) => channel(one, data.releases, change))),
        h('div', { class: 'grid halves' },
          h('div', {}, h('h3', {}, 'What runs'), table([['Version', ({ worker_version: version }) => version ?? 'unknown'],
            ['Machines', ({ workers }) => bar(workers / running, count(workers), 'share of the machines'), 'number']], data.adoption, { caption: 'Versions that run' })),
          h('div', {}, h('h3', {}, 'Changes'), h('ol', { class: 'events' }, data.events.map((event) => h('li', {},
            h('span', {}, `${event.channel}: ${event.from_version ?? 'nothing'} to ${event.to_version}, ${event.rollout_percent} %`), h('span', { class: 'quiet' }, `${event.changed_by ?? 'somebody'}, `, ago(event.changed_at))))))));
    },
  });
  async function change(button, path, body, done) {
    if (await act(button, () => api.send('POST', path, body), done)) {
      document.activeElement?.blur();
      element.refresh();
    }
  }
  return element;
}

function channel({ channel: name, version, rollout_percent: share }, versions, run) {
  return h('li', {}, h('div', { class: 'card-top' }, h('strong', {}, name), h('span', { class: 'note' }, `offers ${version}`)),
    bar(share / 100, `${share} % of the machines`, `rollout of ${name}`),
    h('form', { class: 'inline', onsubmit: (event) => {
      event.preventDefault();
      const said = new FormData(event.target);
      run(event.submitter, '/api/releases/rollout', { channel: name, version: said.get('version'), rollout_percent: Number(said.get('percent')) }, `${name} is rolled out.`);
    } },
    h('select', { name: 'version', 'aria-label': `Version on ${name}` }, versions.map((one) => h('option', { value: one.version, selected: one.version === version, title: dayOf(one.published_at) }, one.version))),
    h('input', { name: 'percent', type: 'number', min: 0, max: 100, value: String(share), required: true, 'aria-label': `Percent of the machines on ${name}` }),
    h('button', { class: 'button' }, 'Roll out'),
    h('button', { class: 'button bad', type: 'button', onclick: ({ currentTarget }) => { if (confirm(`Take ${name} back to the version it offered before?`)) run(currentTarget, '/api/releases/rollback', { channel: name }, `${name} is rolled back.`); } }, 'Roll back')));
}
