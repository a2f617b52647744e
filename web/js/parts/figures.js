// A row of figures: a number, and what it counts.
import { h } from '../dom.js';

/** [name, value, remark?] each. */
export function figures(rows) {
  return h('dl', { class: 'figures', dataset: { count: rows.length } }, rows.map(([name, value, remark]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value), remark && h('dd', { class: 'note' }, remark))));
}
