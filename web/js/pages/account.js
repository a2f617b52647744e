// One's own: profile, credit and trust, the API key, the machines that are lent, what was earned.
import { fill, h } from '../dom.js';
import { badges } from './account/badges.js';
import { earnings } from './account/earnings.js';
import { key } from './account/key.js';
import { machines } from './account/machines.js';
import { profile } from './account/profile.js';
import { standing } from './account/standing.js';

export function show(place, app) {
  fill(place, h('h1', {}, app.session.name),
    app.session.profile.operator_id && standing(app),
    h('div', { class: 'grid halves' }, profile(app), app.session.profile.operator_id && key(app)),
    app.session.profile.operator_id && [machines(app), earnings(app), badges(app)]);
}
