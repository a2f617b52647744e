// Numbers, times and names as people read them.
import { h } from './dom.js';

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

export const NONE = '–';
const known = (value) => value !== null && value !== undefined;

export const count = (value) => (known(value) ? whole.format(value) : NONE);
/** In full up to four digits, else with a letter: 4,410, 138.4K. */
export const compact = (value) => (known(value) ? (Math.abs(value) < 10000 ? whole : short).format(value) : NONE);
export const dollars = (value) => (known(value) ? money.format(value) : NONE);
export const percent = (value, digits = 0) => (known(value) ? `${Number(value).toFixed(digits)} %` : NONE);
export const timeOf = (ms) => clock.format(ms);
const utcDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
/** Of buckets that the server cuts in UTC: seconds. */
export const bucketDay = (seconds) => utcDay.format(1000 * seconds);
export const dayOf = (value) => (value ? day.format(new Date(value)) : NONE);
export const moment = (value) => (value ? `${dayOf(value)}, ${timeOf(new Date(value))}` : NONE);
export const formName = (form) => (form ?? 'unknown').replaceAll('_', ' ');
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

export function bytes(value) {
  if (!known(value)) return NONE;
  const step = value < 1 ? 0 : Math.min(4, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB', 'TB'][step]}`;
}

export function milliseconds(value) {
  if (!known(value)) return NONE;
  return value < 10 ? `${value.toFixed(1)} ms` : value < 10000 ? `${whole.format(Math.round(value))} ms` : duration(value / 1000);
}

/** 93784 is "1 d 2 h". */
export function duration(seconds) {
  if (!known(seconds)) return NONE;
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = Math.max(0, parts.findIndex(([size]) => seconds >= size));
  let rest = Math.max(0, Math.round(seconds));
  const texts = parts.slice(first, first + 2).map(([size, unit]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount > 0 ? `${amount} ${unit}` : null;
  });
  return texts.filter(Boolean).join(' ') || '0 s';
}

const STEPS = [[60, 'second'], [60, 'minute'], [24, 'hour'], [7, 'day'], [4.35, 'week'], [12, 'month'], [Infinity, 'year']];

function agoText(value) {
  let amount = (new Date(value) - Date.now()) / 1000;
  if (Math.abs(amount) < 2) return 'now';
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.round(amount), unit);
    amount /= size;
  }
}

/** A time that grows older by itself: see keepTimes. */
export function ago(value) {
  return value ? h('time', { datetime: new Date(value).toISOString(), title: moment(value), dataset: { ago: '' } }, agoText(value)) : NONE;
}

const EVERY_MS = 5000;

/** Keeps all times of the page that ago() made. */
export function keepTimes() {
  setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll('time[data-ago]')) {
      const text = agoText(element.dateTime);
      if (element.textContent !== text) element.textContent = text;
    }
  }, EVERY_MS);
}
