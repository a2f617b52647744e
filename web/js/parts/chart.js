// Charts by uPlot in the colours of the theme: lines, bars and stacked bars over time or numbers,
// with a legend of our own that reads the values under the pointer, and words for who cannot see it.
import { fill, h } from '../dom.js';
import { compact, count } from '../format.js';

const uPlot = import('/vendor/uplot.js').then((module) => module.default);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const NARROW = 832, NARROW_HEIGHT = 240;
const TIME_MARGIN = 22; // half of the last word below the axis
const drawn = new WeakMap(); // place -> ends the chart that is drawn there
const WHOLE = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat(); // nobody finds half a prime
const NARROWEST = 120;
const AXIS_FONT = '12px Inter, ui-sans-serif, system-ui, sans-serif';

/**
 * x: numbers (seconds when time). height: at least; in a higher panel it grows.
 * series: [{ name, colour: a CSS variable, values }].
 * kind: 'line' | 'bars' | 'stack'. log: a logarithmic y axis. label(x): of a place on the x axis.
 * utc: the times are buckets that begin in UTC. from: where the x axis begins, however little there is to show.
 * value(y): how a value is written; without it values are counted in whole numbers. summary: one sentence that says what is seen.
 */
export async function chart(place, options, signal) {
  const Plot = await uPlot;
  if (signal.aborted) return;
  drawn.get(place)?.();
  const { series, height = 220, summary } = options;
  const box = h('div', { class: 'plot' });
  const legend = h('ul', { class: 'legend' }, series.map(legendItem));
  const when = h('p', { class: 'when' });
  fill(place, h('figure', { class: 'chart' }, box, h('figcaption', { class: 'hidden' }, summary), h('div', { class: 'read' }, legend, when)));
  const size = () => {
    box.style.minHeight = `${innerWidth < NARROW ? Math.min(height, NARROW_HEIGHT) : height}px`;
    return { width: Math.max(NARROWEST, Math.floor(box.clientWidth)), height: Math.floor(box.clientHeight) };
  };
  let plot = new Plot(setup(Plot, options, size(), read), dataOf(options), box);

  function read(index) {
    when.textContent = index === null ? '' : options.label(options.x[index]);
    series.forEach(({ values }, i) => {
      legend.children[i].lastChild.textContent = index === null ? '' : (options.value ?? count)(values[index] ?? null);
    });
  }

  const watcher = new ResizeObserver(() => {
    const now = size();
    if (now.width !== plot.width || now.height !== plot.height) plot.setSize(now);
  });
  watcher.observe(box);
  const redraw = () => {
    plot.destroy();
    plot = new Plot(setup(Plot, options, size(), read), dataOf(options), box);
  };
  const end = () => {
    watcher.disconnect();
    plot.destroy();
    removeEventListener('themechange', redraw);
  };
  addEventListener('themechange', redraw);
  // One listener a place, however often a chart is drawn anew there.
  if (!drawn.has(place)) signal.addEventListener('abort', () => drawn.get(place)(), { once: true });
  drawn.set(place, end);
}

function legendItem({ name, colour }) {
  return h('li', {}, h('span', { class: 'swatch', dataset: { colour: colour.slice(2) } }), h('span', {}, name), h('b', {}));
}

// A stack is drawn from the top down: each bar covers the lower part of the one behind it.
function dataOf({ x, series, kind }) {
  if (kind !== 'stack') return [x, ...series.map(({ values }) => values)];
  const sums = new Array(x.length).fill(0);
  return [x, ...series.map(({ values }) => values.map((value, i) => (sums[i] += value ?? 0))).reverse()];
}

function setup(Plot, { x, series, kind, log, utc, time = true, from = Infinity, label, value }, size, read) {
  const written = value ?? compact;
  const layers = kind === 'stack' ? [...series].reverse() : series;
  const bars = kind === 'line' ? undefined : Plot.paths.bars({ size: [x.length > 60 ? 0.92 : 0.72, 56], radius: x.length > 60 ? 0 : 0.12, gap: x.length > 120 ? 0 : 1 });
  const axis = { stroke: css('--quiet'), font: AXIS_FONT, ticks: { show: false } };
  return {
    ...size,
    ...(utc && { tzDate: (at) => Plot.tzDate(new Date(at * 1000), 'Etc/UTC') }),
    padding: [10, time ? TIME_MARGIN : 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: kind === 'line', size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { time, range: (plot, low, high) => paddedRange(kind, x, Math.min(from, low), high) },
      y: log ? { distr: 3, range: (plot, low, high) => [0.7, Math.max(10, high * 1.6)] } : { range: (plot, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.08] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 74, gap: 6, size: 34, values: time ? timeTexts(utc ? 'UTC' : undefined) : (plot, places) => places.map((at) => (at === null ? '' : label(at))) },
      { ...axis, ...(log ? { filter: powersOnly } : !value && { incrs: WHOLE }), grid: { stroke: css('--rule'), width: 1, ...(log && { filter: powersOnly }) }, space: 38, gap: 8, size: (plot, texts) => axisWidth(texts), values: (plot, places) => places.map((at) => (at === null ? '' : written(at))) },
    ],
    series: [{}, ...layers.map(({ colour }) => ({
      stroke: css(colour), width: kind === 'line' ? 1.75 : 0, fill: kind === 'line' ? (series.length === 1 ? `${css(colour)}1f` : undefined) : css(colour),
      paths: bars, points: { show: false }, spanGaps: false,
    }))],
    hooks: { setCursor: [({ cursor }) => read(cursor.left < 0 || cursor.idx === undefined ? null : cursor.idx)] },
  };
}

const powersOnly = (plot, places) => places.map((at) => (isPower(at) ? at : null));
const isPower = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
const axisWidth = (texts) => 14 + 7.2 * Math.max(2, ...(texts ?? []).map((text) => text.length));

// Bars need half a step on both sides.
function paddedRange(kind, x, low, high) {
  if (kind === 'line' || x.length < 2) return x.length < 2 ? [low - 1, high + 1] : [low, high];
  const half = (x[1] - x[0]) / 2;
  return [low - half, high + half];
}

// Seconds, hours, then days, then months; what changes less often stands below, where it changes.
function timeTexts(timeZone) {
  const format = (options) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  const second = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const hour = format({ hour: '2-digit', minute: '2-digit' }), day = format({ day: 'numeric', month: 'short' });
  const month = format({ month: 'short' }), year = format({ year: 'numeric' });
  return (plot, places, axis, space, step) => {
    const [upper, lower] = step < 60 ? [second, day] : step < 86400 ? [hour, day] : step < 2400000 ? [day, year] : [month, year];
    let former = null;
    return places.map((at) => {
      const below = lower.format(at * 1000);
      const text = below === former ? upper.format(at * 1000) : `${upper.format(at * 1000)}\n${below}`;
      former = below;
      return text;
    });
  };
}
