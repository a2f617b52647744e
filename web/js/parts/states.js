// What a place shows when it cannot show its data: waiting, nothing there, failed, not allowed.
import { h } from '../dom.js';

/** Lines where text will be. */
export function waiting(lines = 4) {
  return h('div', { class: 'waiting', 'aria-hidden': 'true' }, Array.from({ length: lines }, () => h('span')));
}

export function nothing(title, text, action) {
  return h('div', { class: 'blank' }, gate(), h('p', { class: 'blank-title' }, title), text && h('p', {}, text), action);
}

/** By which the server's log knows the request, where the failure is the server's own. */
export const traceOf = ({ status, requestId }) => (status >= 500 && requestId ? `Request ${requestId} in the server's log.` : null);

/** again: asks once more. That the server is away is announced once for all, by the line above the page. */
export function failureOf(error, again) {
  return h('div', { class: 'blank failed', role: error.passing ? null : 'alert' }, gate(),
    h('p', { class: 'blank-title' }, error.message),
    error.details?.length > 0 && h('ul', {}, error.details.map((detail) => h('li', {}, detail))),
    error.hint && h('p', {}, error.hint),
    traceOf(error) && h('p', { class: 'note' }, traceOf(error)),
    again && h('button', { class: 'button', type: 'button', onclick: again }, 'Ask again'));
}

/** A page that cannot be shown: its heading, why, and what can be done. */
function whole(title, text, action) {
  return h('div', { class: 'page lone' }, gate(), h('h1', {}, title), h('p', { class: 'lead quiet' }, text), action);
}

export function closedDoor(page, session) {
  if (session.unmet) return whole(`${page.name} waits for the server.`, 'You are signed in here, but the server cannot be reached. This page opens by itself when it is back.');
  if (session.known) return whole(`${page.name} is for administrators.`, `You are signed in as ${session.name}, an operator. An administrator can change that.`);
  return whole(`${page.name} needs a sign-in.`, 'What is public stands on the other pages.',
    h('a', { class: 'button strong', href: `/signin?to=${encodeURIComponent(location.pathname)}` }, 'Sign in'));
}

/** An address that is no page's. pages: those that there are. */
export function lost(pages) {
  return whole('There is no such page.', [h('code', {}, location.pathname), ' leads nowhere. These do:'],
    h('ul', { class: 'ways' }, pages.map(({ path, name }) => h('li', {}, h('a', { class: 'button', href: path }, name)))));
}

const gate = () => h('span', { class: 'gate', 'aria-hidden': 'true' });
