// One short line at the foot of the window: done, or why not. It goes by itself.
import { h } from '../dom.js';
import { traceOf } from './states.js';

const STAYS_MS = 6000;

export function say(text, kind = 'good') {
  document.querySelector('.say')?.remove();
  const line = h('p', { class: `say ${kind}`, role: kind === 'bad' ? 'alert' : 'status' });
  document.body.append(line);
  setTimeout(() => { line.textContent = text; }); // what a region has from its beginning is not announced
  setTimeout(() => line.remove(), STAYS_MS);
}

/** Does what a button is for; it cannot be pressed twice meanwhile. done: what is said afterwards. */
export async function act(button, work, done) {
  button.disabled = true;
  try {
    const result = await work();
    if (done) say(typeof done === 'function' ? done(result) : done);
    return result;
  } catch (error) {
    say([error.message, error.details?.join(', '), error.hint, traceOf(error)].filter(Boolean).join(' '), 'bad');
    return null;
  } finally {
    button.disabled = false;
  }
}
