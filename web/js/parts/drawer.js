// "Try it": the lines that get what a panel shows, by curl, supabase-js and fetch, and their answer.
import { fill, h } from '../dom.js';
import { bytes, milliseconds } from '../format.js';

const SHOWN_MAX = 4000;
const COPIED_MS = 1500;

/**
 * tries: { path, supabase, token, run }. path: of the curl line; a function when it changes.
 * supabase: the line for supabase-js, or a function. token: it needs one.
 */
export function tryButton(title, tries) {
  return h('button', { class: 'try', type: 'button', 'aria-label': `Try it: ${title}`, title: 'Try it: curl, supabase-js',
    onclick: (event) => event.currentTarget.dispatchEvent(new CustomEvent('try', { bubbles: true, detail: { title, tries } })) }, 'try it');
}

export function listenForTries() {
  const drawer = document.getElementById('drawer');
  document.addEventListener('try', ({ detail }) => {
    open(drawer, detail);
    drawer.showModal();
  });
  drawer.addEventListener('click', (event) => { if (event.target === drawer) drawer.close(); });
}

const valueOf = (value) => (typeof value === 'function' ? value() : value);

function open(drawer, { title, tries }) {
  const path = valueOf(tries.path);
  const token = tries.token ? ` \\\n  -H "Authorization: Bearer $TOKEN"` : '';
  const answer = h('div', { class: 'answer', 'aria-live': 'polite' });
  fill(drawer,
    h('header', {}, h('h2', { id: 'drawer-title' }, title), h('button', { class: 'plain', type: 'button', onclick: () => drawer.close() }, 'Close')),
    lines('curl', `curl '${location.origin}${path}'${token}`),
    lines('supabase-js', valueOf(tries.supabase)),
    lines('api.js', `const { data } = await api.get('${path}')`),
    tries.token && h('p', { class: 'note' }, '$TOKEN is an access token: ', h('code', {}, '(await supabase.auth.getSession()).data.session.access_token'), '.'),
    !tries.token && h('button', { class: 'button', type: 'button', onclick: () => run(path, answer) }, 'Run it here'), answer);
}

function lines(name, text) {
  const code = h('pre', { tabindex: 0 }, h('code', {}, text));
  const button = h('button', { class: 'plain', type: 'button', 'aria-label': `Copy the ${name} line`, onclick: () => copy(button, code) }, 'Copy');
  return h('section', { class: 'lines' }, h('header', {}, h('h3', {}, name), button), code);
}

// Browsers give the clipboard to safe origins only; elsewhere the lines are marked, ready for Ctrl-C.
async function copy(button, code) {
  if (!navigator.clipboard) return getSelection().selectAllChildren(code);
  await navigator.clipboard.writeText(code.textContent);
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, COPIED_MS);
}

async function run(path, place) {
  const start = performance.now();
  try {
    const reply = await fetch(path, { cache: 'no-store' });
    const text = await reply.text();
    fill(place, h('p', { class: 'note' }, `${reply.status}, ${bytes(new Blob([text]).size)} in ${milliseconds(performance.now() - start)}`),
      h('pre', { tabindex: 0 }, h('code', {}, text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)} …` : text)));
  } catch {
    fill(place, h('p', { class: 'note' }, 'The server cannot be reached.'));
  }
}
