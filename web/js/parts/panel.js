// A panel: a heading, what it shows, how old that is, and a button that tells how to get it by hand.
// It asks by itself, again and again while somebody looks, and says when what it shows is not fresh.
import { fill, h } from '../dom.js';
import { timeOf } from '../format.js';
import { tryButton } from './drawer.js';
import { failureOf, nothing, waiting } from './states.js';
import { steadily } from './steady.js';

const RETRY_MS = 4000;
const EMPTY_MS = 2000; // the first of all is not waited for so long

/**
 * title: of the heading. load(signal): an answer of api.get, or several in { data, at, stale }.
 * draw(data, body): fills the body. every: ms between two questions; 0: once. tries: see drawer.js.
 * isEmpty(data) with empty: [title, text] for when there is nothing. tools: elements beside the
 * heading. Returns the element; element.refresh() asks now, element.redraw() draws what is known.
 */
export function panel({ title, load, draw, signal, every = 0, tries, isEmpty, empty, tools, note, kind = '', lines }) {
  const { element, body, age } = frame({ title, tries, tools, note, kind, lines });
  body.setAttribute('aria-busy', 'true');
  let timer = null, shown = null, round = 0;

  async function refresh() {
    clearTimeout(timer);
    const mine = ++round;
    let wait = every;
    try {
      const answer = await load(signal);
      if (signal.aborted || mine !== round) return;
      show(answer);
      if (isEmpty?.(answer.data)) wait = Math.min(every, EMPTY_MS);
    } catch (error) {
      if (signal.aborted || mine !== round) return;
      fail(error);
      wait = error.passing ? Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1000) : 0;
    }
    body.removeAttribute('aria-busy');
    if (wait > 0 && !signal.aborted) timer = setTimeout(turn, wait);
  }

  // A page that nobody looks at asks nothing.
  function turn() {
    if (document.hidden) timer = setTimeout(turn, 1000);
    else refresh();
  }

  function show(answer) {
    shown = answer;
    setFresh(!answer.stale);
    paint();
  }

  function paint() {
    if (isEmpty?.(shown.data)) fill(body, nothing(...empty));
    else steadily(body, () => draw(shown.data, body));
  }

  // What was there stays, and is marked as old.
  function fail(error) {
    if (shown && error.passing) return setFresh(false);
    shown = null;
    age.textContent = '';
    element.removeAttribute('data-stale');
    fill(body, failureOf(error, refresh));
  }

  function setFresh(fresh) {
    element.toggleAttribute('data-stale', !fresh);
    age.textContent = fresh ? '' : `as of ${timeOf(shown.at)}`;
    age.title = fresh ? '' : 'The server or its database cannot be reached: this may be out of date.';
  }

  signal.addEventListener('abort', () => clearTimeout(timer));
  element.refresh = refresh;
  element.redraw = () => { if (shown) paint(); };
  refresh();
  return element;
}

/** A panel of what the live feed brings: drawn at each update, marked as old while it is away. */
export function livePanel({ title, live, pick, draw, signal, tries, isEmpty, empty, note, tools, kind = '', lines }) {
  const { element, body, age } = frame({ title, tries, tools, note, kind, lines });
  let last;

  function update() {
    const data = pick(live.snapshot);
    if (data === undefined || data === last) return;
    last = data;
    if (isEmpty?.(data)) fill(body, nothing(...empty));
    else steadily(body, () => draw(data, body));
  }

  function setFresh() {
    const fresh = live.state === 'open';
    element.toggleAttribute('data-stale', !fresh);
    age.textContent = fresh || !live.heardAt ? '' : `as of ${timeOf(live.heardAt)}`;
  }

  live.on('update', update, { signal });
  live.on('state', setFresh, { signal });
  update();
  setFresh();
  element.redraw = () => { last = undefined; update(); };
  return element;
}

/** The heading with its tools, and a place below that waits: { element, body, age }. */
export function frame({ title, tries, tools, note, kind = '', lines }) {
  const age = h('span', { class: 'age' });
  const body = h('div', { class: 'panel-body' }, waiting(lines));
  const element = h('section', { class: `panel ${kind}` },
    h('header', {}, h('h2', {}, title), note && h('p', { class: 'note' }, note),
      h('div', { class: 'tools' }, tools, age, tries && tryButton(title, tries))), body);
  return { element, body, age };
}
