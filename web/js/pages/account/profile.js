// The name that others see; it is written through /rest/v1, under row level security.
import { fill, h } from '../../dom.js';
import { dayOf } from '../../format.js';
import { panel } from '../../parts/panel.js';
import { act } from '../../parts/say.js';

export function profile({ api, session, signal }) {
  return panel({
    title: 'Profile', signal, lines: 4,
    load: () => api.get('/api/auth/me'),
    tries: { path: '/api/auth/me', token: true, supabase: "const { data } = await supabase.from('user_profiles')\n  .select('display_name, role').eq('id', user.id).single()" },
    draw: (me, body) => fill(body,
      h('form', { class: 'card-form', onsubmit: async (event) => {
        event.preventDefault();
        const name = new FormData(event.target).get('name').trim();
        if (await act(event.submitter, () => api.send('PATCH', `/rest/v1/user_profiles?id=eq.${me.id}`, { display_name: name }, { headers: { prefer: 'return=minimal' } }).then(() => true), 'The name is changed.')) session.meet(api);
      } }, h('div', { class: 'inline foot' }, h('label', {}, 'Name', h('input', { name: 'name', required: true, maxlength: 80, value: me.display_name ?? '' })), h('button', { class: 'button' }, 'Save'))),
      h('dl', { class: 'facts' }, [['E-mail', session.email ?? '–'], ['Role', me.role], ['Member since', dayOf(me.created_at)]].map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))))),
  });
}
