// The list as a file, as it is filtered now: streamed, with its progress, and a way to stop it.
import { fill, h } from '../../dom.js';
import { queryText } from '../../api.js';
import { bytes, count } from '../../format.js';
import { say } from '../../parts/say.js';

const ROWS_MAX = 100000; // the server's
const SHOW_EVERY_MS = 100;

export function exporter({ api, signal }, chosen, list) {
  const place = h('div', { class: 'export' });
  const idle = () => fill(place, ['csv', 'json'].map((format) => h('button', { class: 'button', type: 'button', onclick: () => run(format) }, `Export ${format.toUpperCase()}`)));

  async function run(format) {
    const stop = new AbortController();
    const meter = h('progress', { max: 1, 'aria-label': 'Export' });
    const text = h('span', { class: 'quiet' }, 'begins …');
    fill(place, meter, text, h('button', { class: 'button', type: 'button', onclick: () => stop.abort() }, 'Stop'));
    try {
      const reply = await api.open(`/api/export${queryText({ ...chosen, format })}`, { signal: AbortSignal.any([signal, stop.signal]) });
      const pieces = await read(reply.body, Math.min(list.total ?? ROWS_MAX, ROWS_MAX), meter, text);
      save(new Blob(pieces, { type: reply.headers.get('content-type') }), nameOf(reply) ?? `primes.${format}`);
    } catch (error) {
      if (!stop.signal.aborted && !signal.aborted) say(`The export failed: ${error.message}`, 'bad');
    }
    idle();
  }

  idle();
  return place;
}

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
