// Discoveries by week as one area: all forms together.
import { element } from './element.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;
const HEIGHT = 100;

export function showTimeline({ json: rows }) {
  const weeks = [...sumByWeek(rows)].sort(([a], [b]) => a.localeCompare(b));
  if (weeks.length < 2) return;
  document.getElementById('timeline').replaceChildren(
    picture(weeks.map(([, count]) => count)),
    element('p', { className: 'ends' }, [weekText(weeks[0], ''), weekText(weeks.at(-1), ' so far')]),
  );
}

function sumByWeek(rows) {
  const sums = new Map();
  for (const { bucket, count } of rows) sums.set(bucket, (sums.get(bucket) ?? 0) + count);
  return sums;
}

function weekText([bucket, count], behind) {
  const day = new Date(`${bucket}Z`).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return element('span', { textContent: `${day}: ${count.toLocaleString('en')}${behind}` });
}

function picture(counts) {
  const most = Math.max(...counts);
  const points = counts.map((count, i) => [(i * WIDTH) / (counts.length - 1), HEIGHT - (count * (HEIGHT - 6)) / most]);
  const edge = points.map((point, i) => `${i ? 'L' : 'M'}${point.map((n) => n.toFixed(1)).join(' ')}`).join('');
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${counts.length} weeks, at most ${most} a week` });
  svg.append(
    shape('path', { class: 'area', d: `${edge}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` }),
    shape('path', { class: 'edge', d: edge }),
  );
  return svg;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
