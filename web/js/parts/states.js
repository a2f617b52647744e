// What a place shows when it cannot show its data: waiting, nothing there, failed, not allowed.
import { h } from '../dom.js';

/** Lines where text will be. */
export function waiting(lines = 4) {
  return h('div', { class: 'waiting', 'aria-hidden': 'true' }, Array.from({ length: lines }, () => h('span')));
}

export function nothing(title, text, action) {
  return h('div', { class: 'blank' }, gate(), h('p', { class: 'blank-title' }, title), text && h('p', {}, text), action);
}

/** again: asks once more. */
export function failureOf(error, again) {
  return h('div', { class: 'blank failed', role: 'alert' }, gate(),
    h('p', { class: 'blank-title' }, error.message),
    error.details?.length > 0 && h('ul', {}, error.details.map((detail) => h('li', {}, detail))),
    error.hint && h('p', {}, error.hint),
    again && h('button', { class: 'button', type: 'button', onclick: again }, 'Ask again'));
}

export function closedDoor(page, session) {
  return session.known
    ? nothing(`${page.name} is for administrators.`, `You are signed in as ${session.name}, an operator. Another administrator can change that.`)
    : nothing(`${page.name} needs a sign-in.`, 'What is public stands on the other pages.',
      h('a', { class: 'button', href: `/signin?to=${encodeURIComponent(location.pathname)}` }, 'Sign in'));
}

const gate = () => h('span', { class: 'gate', 'aria-hidden': 'true' });
