// One prime with everything that is known of it: how it was proved, who has verified it.
import { fill, h } from '../../dom.js';
import { count, formName, moment } from '../../format.js';
import { tryButton } from '../../parts/drawer.js';
import { act } from '../../parts/say.js';
import { failureOf, waiting } from '../../parts/states.js';

export async function openPrime({ api, session, signal }, id, onClose) {
  const body = h('div', { class: 'prime' }, waiting(6));
  const dialog = h('dialog', { class: 'detail', 'aria-labelledby': 'prime-title', onclose: () => { dialog.remove(); onClose(); } }, body);
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  signal.addEventListener('abort', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  const load = async () => {
    try {
      const [{ data: prime }, { data: { results } }] = await Promise.all([
        api.get(`/api/primes/${encodeURIComponent(id)}`, {}, { signal }), api.get(`/api/primes/${encodeURIComponent(id)}/verifications`, {}, { signal })]);
      draw(prime, results);
    } catch (error) {
      if (!signal.aborted) fill(body, closer(), failureOf(error, load));
    }
  };
  const closer = () => h('button', { class: 'plain close', type: 'button', onclick: () => dialog.close() }, 'Close');

  function draw(prime, results) {
    fill(body,
      h('header', {}, h('p', { class: 'note' }, `${formName(prime.form)}, number ${prime.id}`), closer()),
      h('h2', { id: 'prime-title' }, h('code', {}, prime.expression)),
      facts(prime), verifications(results),
      h('footer', {}, session.admin && h('button', { class: 'button', type: 'button', onclick: (event) => verify(event.currentTarget, prime) }, 'Ask for a second opinion'),
        tryButton(`Prime ${prime.id}`, {
          path: `/api/primes/${prime.id}`,
          supabase: `const { data } = await supabase.from('primes')\n  .select('*').eq('id', ${prime.id}).single()`,
        })));
  }

  async function verify(button, prime) {
    const answer = await act(button, () => api.send('POST', `/api/primes/${prime.id}/verify`),
      ({ queued }) => (queued ? 'A second opinion is asked for; a worker computes it.' : 'A second opinion is already waited for.'));
    if (answer) load();
  }

  await load();
}

function facts(prime) {
  const rows = [
    ['Digits', count(prime.digits)], ['Found', moment(prime.found_at)], ['Proof', prime.proof_method],
    ['Verified', prime.verified ? `${moment(prime.verified_at)}, by ${prime.verification_method ?? 'a second program'}${prime.verification_tier ? `, tier ${prime.verification_tier}` : ''}` : 'not yet'],
    ['Tags', prime.tags?.length > 0 ? prime.tags.map((tag) => h('a', { class: 'tag', href: `/browse?tags=${encodeURIComponent(tag)}` }, tag)) : 'none'],
    ['Search', prime.search_params ? h('code', {}, prime.search_params) : 'unknown'],
  ];
  return h('dl', { class: 'facts' }, rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

function verifications(results) {
  if (results.length === 0) return h('p', { class: 'note' }, 'Nobody has been asked for a second opinion.');
  return h('section', {}, h('h3', {}, 'Second opinions'), h('ul', { class: 'opinions' }, results.map((result) =>
    h('li', {}, h('span', { class: 'pill', dataset: { kind: result.status } }, result.status),
      [result.verification_method, result.claimed_by && `by ${result.claimed_by}`, result.completed_at && moment(result.completed_at), result.error_reason].filter(Boolean).join(', ') || 'waits for a worker'))));
}
