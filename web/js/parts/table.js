// A table from columns and rows. On a phone it scrolls inside its own box.
import { h } from '../dom.js';

/** columns: [heading, cell(row), class]. The first cell of a row is its heading. tall: one that
 * may be long scrolls in its box, below its heads. */
export function table(columns, rows, { caption, onRow, tall } = {}) {
  return h('div', { class: tall ? 'scroll tall' : 'scroll', tabindex: 0, role: 'group', 'aria-label': caption ?? 'Table' },
    h('table', {}, caption && h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, columns.map(([name, , kind]) => h('th', { scope: 'col', class: kind }, name)))),
      h('tbody', {}, rows.map((row) => tableRow(columns, row, onRow)))));
}

export function tableRow(columns, row, onRow) {
  const made = h('tr', {}, columns.map(([, cell, kind], i) => h(i === 0 ? 'th' : 'td', { class: kind, ...(i === 0 && { scope: 'row' }) }, cell(row))));
  onRow?.(made, row);
  return made;
}
