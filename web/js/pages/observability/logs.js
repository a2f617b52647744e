// Log lines: the newest, those of a level, those with certain words, and those that come in just now.
import { queryText } from '../../api.js';
import { fill, h } from '../../dom.js';
import { follow } from '../../events.js';
import { counted, moment } from '../../format.js';
import { pill } from '../../parts/bar.js';
import { choice } from '../../parts/choice.js';
import { panel } from '../../parts/panel.js';
import { say } from '../../parts/say.js';

const SHOWN_MAX = 200;
const PAUSE_MS = 300;

export function logs({ api, signal }) {
  let level = '', words = '', pause = null, following = null;
  const seen = new Set(); // what is shown is not shown again by the stream
  const list = h('ol', { class: 'logs' });
  const search = h('input', { type: 'search', maxlength: 200, placeholder: 'Words …', 'aria-label': 'Search the log', oninput: () => {
    clearTimeout(pause);
    pause = setTimeout(() => { words = search.value.trim(); element.refresh(); }, PAUSE_MS);
  } });
  const button = h('button', { class: 'button', type: 'button', 'aria-pressed': 'false', onclick: () => setFollowing(!following) }, 'Follow');
  const ask = () => (words ? ['/api/observability/logs/search', { q: words, level, limit: SHOWN_MAX }] : ['/api/observability/logs', { level, limit: SHOWN_MAX }]);
  const path = () => {
    const [address, query] = ask();
    return `${address}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`;
  };
  const element = panel({
    title: 'Log', signal, lines: 10,
    load: () => api.get(...ask()),
    tools: [search, choice('Level', [['', 'all'], ['error', 'errors'], ['warn', 'warnings'], ['info', 'info'], ['debug', 'debug']], level, (chosen) => {
      level = chosen;
      element.refresh();
      if (following) { setFollowing(false); setFollowing(true); }
    }), button],
    tries: { path, token: true, supabase: () => `const { data } = await supabase.from('system_logs').select('*')${level && `\n  .eq('level', '${level}')`}${words && `\n  .textSearch('message', ${JSON.stringify(words)})`}\n  .order('ts', { ascending: false }).limit(${SHOWN_MAX})` },
    draw: ({ logs: rows, total }, body) => {
      seen.clear();
      for (const { id } of rows) seen.add(id);
      fill(list, rows.map((row) => line(row)));
      fill(body, total !== undefined && h('p', { class: 'note' }, `${counted(total, 'line')} with these words`),
        rows.length === 0 ? h('p', { class: 'quiet' }, 'No line is like this.') : null, list);
    },
  });

  function setFollowing(on) {
    following?.abort();
    following = on ? new AbortController() : null;
    button.setAttribute('aria-pressed', String(on));
    button.textContent = on ? 'Following' : 'Follow';
    if (on) follow(api, `/api/observability/logs/stream${queryText({ level })}`, {
      signal: AbortSignal.any([signal, following.signal]), onEvent: take,
      onTrouble: (error) => say(`${error.message} The log is followed again by itself.`, 'bad'),
    });
  }

  function take({ data: row }) {
    if (seen.has(row.id) || !row.message.toLowerCase().includes(words.toLowerCase())) return;
    seen.add(row.id);
    if (!list.isConnected) return element.refresh();
    list.prepend(line(row, 'new'));
    while (list.children.length > SHOWN_MAX) list.lastChild.remove();
  }

  signal.addEventListener('abort', () => clearTimeout(pause));
  return element;
}

function line({ ts, level, source, component, message, worker_id: worker, context }, kind = '') {
  return h('li', { class: kind, title: context ? JSON.stringify(context) : '' },
    h('time', { class: 'quiet', datetime: ts }, moment(ts)), pill(level), h('span', { class: 'quiet' }, [source, component, worker].filter(Boolean).join(' · ')), h('span', { class: 'message' }, message));
}
