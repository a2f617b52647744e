// What one was honoured with, and what there still is to earn.
import { fill, h } from '../../dom.js';
import { dayOf } from '../../format.js';
import { panel } from '../../parts/panel.js';

export function badges({ api, signal }) {
  return panel({
    title: 'Badges', signal, lines: 6,
    load: async () => {
      const [all, own] = await Promise.all([api.get('/api/v1/badges'), api.get('/api/v1/operators/me/badges')]);
      const earned = new Map(own.data.map(({ badge_id: id, earned_at: at }) => [id, at]));
      return { ...all, data: all.data.map((badge) => ({ ...badge, earned: earned.get(badge.id) })).sort((a, b) => !a.earned - !b.earned) };
    },
    tries: { path: '/api/v1/operators/me/badges', token: true, supabase: "const { data } = await supabase.from('operator_badges').select('badge_id, granted_at')" },
    isEmpty: (rows) => rows.length === 0,
    empty: ['There are no badges here.', 'They are rows of badge_definitions.'],
    draw: (rows, body) => fill(body, h('ul', { class: 'badges' }, rows.map(({ name, description, tier, earned }) =>
      h('li', { class: earned ? 'earned' : 'open' }, h('span', { class: 'medal', dataset: { tier }, 'aria-hidden': 'true' }), h('div', {}, h('strong', {}, name), h('p', { class: 'note' }, earned ? `${description}, ${dayOf(earned)}` : description)))))),
  });
}
