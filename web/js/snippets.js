// Lines to copy, with this server's address in them.
import { element } from './element.js';

const COPIED_MS = 1500;

const snippets = (origin) => [
  ['A curated route', `curl '${origin}/api/stats'`],
  ['A table', `curl '${origin}/rest/v1/records?select=form,expression,digits&order=digits.desc&limit=3' \\
  -H 'apikey: ANON_KEY'`],
  ['A function', `curl '${origin}/rest/v1/rpc/get_form_leaderboard' -X POST \\
  -H 'apikey: ANON_KEY' -H 'Content-Type: application/json' -d '{}'`],
  ['supabase-js', `import { createClient } from '@supabase/supabase-js'

const supabase = createClient('${origin}', 'ANON_KEY')
const { data } = await supabase
  .from('records')
  .select('form, expression, digits')
  .order('digits', { ascending: false })`],
];

export function showSnippets(place, origin) {
  place.replaceChildren(...snippets(origin).map(card));
}

function card([title, text]) {
  const button = element('button', { type: 'button', textContent: 'Copy' });
  button.setAttribute('aria-label', `Copy: ${title}`);
  const lines = element('pre', { tabIndex: 0 }, [element('code', { textContent: text })]);
  button.addEventListener('click', () => copy(button, lines));
  return element('article', { className: 'snippet' }, [
    element('header', {}, [element('span', { textContent: title }), button]),
    lines,
  ]);
}

// Browsers give the clipboard to safe origins only; elsewhere the lines are marked, ready for Ctrl-C.
async function copy(button, lines) {
  if (!navigator.clipboard) return getSelection().selectAllChildren(lines);
  await navigator.clipboard.writeText(lines.textContent);
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, COPIED_MS);
}
