// Sign in: address and password, by supabase-js at /auth/v1; or a token of another issuer.
import { fill, h } from '../dom.js';
import { failureOf } from '../parts/states.js';

export function show(place, { session, api, query, go }) {
  const where = query.get('to')?.startsWith('/') && !query.get('to').startsWith('//') ? query.get('to') : '/';
  if (session.known) return go(where, { replace: true });
  const trouble = h('div');
  const form = (work, ...children) => h('form', { class: 'card-form', onsubmit: async (event) => {
    event.preventDefault();
    const button = event.currentTarget.querySelector('button');
    button.disabled = true;
    fill(trouble);
    try {
      await work(new FormData(event.target)); // then this page is shown again, and goes on
    } catch (error) {
      fill(trouble, failureOf(error));
    } finally {
      button.disabled = false;
    }
  } }, children);
  const field = (label, properties) => h('label', {}, label, h('input', { required: true, ...properties }));
  fill(place, h('div', { class: 'narrow' },
    h('h1', {}, 'Sign in'),
    form((data) => session.signIn(data.get('email'), data.get('password'), api),
      field('E-mail', { name: 'email', type: 'email', autocomplete: 'username' }),
      field('Password', { name: 'password', type: 'password', autocomplete: 'current-password' }),
      h('button', { class: 'button strong' }, 'Sign in')),
    trouble,
    h('details', {}, h('summary', {}, 'Use a token instead'),
      h('p', { class: 'note' }, 'An access token of the issuer whose keys this server knows. It is kept until this tab is closed.'),
      form((data) => session.takeToken(data.get('token').trim(), api),
        field('Access token', { name: 'token', autocomplete: 'off', spellcheck: 'false' }),
        h('button', { class: 'button' }, 'Use it')))));
}
