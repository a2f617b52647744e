// The list as a file, as it is filtered now: streamed, with its progress, and a way to stop it.
import { fill, h } from '../../dom.js';
import { ApiError, queryText } from '../../api.js';
import { bytes, count, counted } from '../../format.js';
import { say } from '../../parts/say.js';

const ROWS_MAX = 100000; // the server's
const SHOW_EVERY_MS = 100;

export function exporter({ api, signal }, chosen, list) {
  const place = h('div', { class: 'export' });
  const buttons = Object.fromEntries(['csv', 'json'].map((format) => [format, h('button', { class: 'button', type: 'button', onclick: () => run(format) }, `Export ${format.toUpperCase()}`)]));
  const idle = () => fill(place, Object.values(buttons));

  async function run(format) {
    const stop = new AbortController();
    const meter = h('progress', { max: 1, 'aria-label': 'Export' });
    const text = h('span', { class: 'quiet' }, 'begins …');
    const stopper = h('button', { class: 'button', type: 'button', onclick: () => stop.abort() }, 'Stop');
    const total = list.total ?? ROWS_MAX;
    fill(place, meter, text, stopper);
    stopper.focus();
    try {
      const reply = await api.open(`/api/export${queryText({ ...chosen, format })}`, { signal: AbortSignal.any([signal, stop.signal]) });
      const file = new Blob(await read(reply.body, Math.min(total, ROWS_MAX), meter, text), { type: reply.headers.get('content-type') });
      save(file, nameOf(reply) ?? `primes.${format}`);
      say(doneText(total, file.size));
    } catch (error) {
      if (!stop.signal.aborted && !signal.aborted) say(failedText(error), 'bad');
    }
    const focused = place.contains(document.activeElement);
    idle();
    if (focused) buttons[format].focus();
  }

  idle();
  return place;
}

const doneText = (total, size) => (total > ROWS_MAX
  ? `Exported the first ${count(ROWS_MAX)} of ${counted(total, 'prime')}, ${bytes(size)}: one file has no more. Filters make it smaller.`
  : `Exported ${counted(total, 'prime')}, ${bytes(size)}.`);

const failedText = (error) => (error instanceof ApiError
  ? `Nothing was exported. ${error.message} ${error.hint ?? ''}`
  : 'Nothing was exported: the connection broke off. Try again.');

// The server does not know the length before the end: lines are counted, one a prime.
async function read(stream, expected, meter, text) {
  const pieces = [];
  let size = 0, lines = 0, shownAt = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const piece = next.value;
    pieces.push(piece);
    size += piece.length;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines += 1;
    if (performance.now() - shownAt < SHOW_EVERY_MS) continue;
    shownAt = performance.now();
    meter.value = Math.min(1, lines / Math.max(1, expected));
    text.textContent = `${count(Math.min(lines, expected))} of ${count(expected)}, ${bytes(size)}`;
  }
  return pieces;
}

const nameOf = (reply) => /filename="([^"]+)"/.exec(reply.headers.get('content-disposition') ?? '')?.[1];

function save(blob, name) {
  const link = h('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
