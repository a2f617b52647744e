// How far something is, or how full: a bar, with its figure beside it.
import { h } from '../dom.js';

/** share: 0 to 1, or more. warn, bad: from which share on it is a warning, is too much. */
export function bar(share, text, label, { warn = Infinity, bad = Infinity } = {}) {
  const level = share >= bad ? 'bad' : share >= warn ? 'warn' : 'fine';
  return h('span', { class: 'share' }, h('progress', { max: 1, value: Math.min(1, share || 0), class: level, 'aria-label': label }), h('span', {}, text));
}

/** The word for a state, in its colour. */
export function pill(state) {
  return h('span', { class: 'pill', dataset: { kind: state } }, String(state).replaceAll('_', ' '));
}
