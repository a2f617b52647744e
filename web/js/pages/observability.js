// How it has been: a report of the window, metrics over time, and log lines to search and to follow.
import { fill, h } from '../dom.js';
import { choice } from '../parts/choice.js';
import { logs } from './observability/logs.js';
import { logStats } from './observability/log_stats.js';
import { metrics } from './observability/metrics.js';
import { report } from './observability/report.js';

const HOUR_MS = 3600000;
const RANGES = [['6', '6 hours'], ['24', 'a day'], ['168', 'a week'], ['720', '30 days']];

export function show(place, app) {
  const range = { hours: RANGES.some(([hours]) => hours === app.query.get('hours')) ? app.query.get('hours') : '24' };
  range.from = () => new Date(Date.now() - Number(range.hours) * HOUR_MS).toISOString();
  range.begin = () => Date.parse(range.from()) / 1000;
  const panels = [report(app, range), ...metrics(app, range), logStats(app, range)];
  const [first, ...charts] = panels;
  fill(place, h('header', { class: 'page-head' }, h('h1', {}, 'Observability'), h('div', { class: 'tools' },
    choice('Window', RANGES, range.hours, (hours) => {
      range.hours = hours;
      app.setQuery({ hours });
      for (const panel of panels) panel.refresh();
    }))),
  first, h('div', { class: 'grid halves' }, charts), logs(app));
}
