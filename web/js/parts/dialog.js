// A dialog with a title, closed by its button, Escape, a click beside it, or when its page is left.
import { h } from '../dom.js';

let opened = 0;

/** Returns { body: where its content goes, close() }. */
export function openDialog(title, signal, onClose = () => {}) {
  const id = `dialog-${++opened}`;
  const body = h('div', { class: 'dialog-body' });
  const close = () => dialog.close();
  const dialog = h('dialog', { class: 'detail', 'aria-labelledby': id, onclose: () => { dialog.remove(); onClose(); } },
    h('div', { class: 'prime' }, h('header', {}, h('h2', { id }, title), h('button', { class: 'plain', type: 'button', onclick: close }, 'Close')), body));
  dialog.addEventListener('click', (event) => { if (event.target === dialog) close(); });
  signal.addEventListener('abort', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return { body, close };
}
