// The API key of one's machines: made anew, and shown this once.
import { fill, h } from '../../dom.js';
import { frame } from '../../parts/panel.js';
import { act } from '../../parts/say.js';

export function key({ api }) {
  const shown = h('div', { 'aria-live': 'polite' });
  const { element, body } = frame({ title: 'API key', tries: {
    path: '/api/v1/nodes/stats', token: true, supabase: '// machines have a key, not a session: curl, or their own client',
  } });
  fill(body, h('div', { class: 'card-form' },
    h('p', {}, 'Machines that work for you sign in with it. Only its hash is kept here; a new key ends the former one at once.'), shown,
    h('p', {}, h('button', { class: 'button', type: 'button', onclick: async ({ currentTarget }) => {
      if (!confirm('Make a new key? The present one ends at once: machines that use it stop being heard.')) return;
      const answer = await act(currentTarget, () => api.send('POST', '/api/v1/operators/rotate-key'));
      if (answer) fill(shown, h('p', { class: 'note' }, 'This is the new key. It is not shown again:'), h('pre', { class: 'secret', tabindex: 0 }, h('code', {}, answer.api_key)));
    } }, 'Make a new key'))));
  return element;
}
