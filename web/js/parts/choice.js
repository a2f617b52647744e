// One of a few: buttons beside each other, of which one is pressed.
import { h } from '../dom.js';

/** label: for who cannot see it. options: [value, text]. onChoose(value) is called with another one. */
export function choice(label, options, chosen, onChoose) {
  const buttons = options.map(([value, text]) => h('button', { type: 'button', 'aria-pressed': String(value === chosen), onclick: () => choose(value) }, text));
  const choose = (value) => {
    if (value === chosen) return;
    chosen = value;
    options.forEach(([one], i) => buttons[i].setAttribute('aria-pressed', String(one === value)));
    onChoose(value);
  };
  return h('div', { class: 'choice', role: 'group', 'aria-label': label }, buttons);
}
