// The primes that were found last.
import { element } from './element.js';

const STEPS = [[60, 'second'], [60, 'minute'], [24, 'hour'], [Infinity, 'day']];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function showLatest({ json: { primes } }) {
  document.getElementById('latest').replaceChildren(...primes.map(row));
}

function row(prime) {
  return element('li', {}, [
    element('code', { textContent: prime.expression, title: `${prime.form}, ${prime.digits} digits` }),
    element('time', { dateTime: prime.found_at, textContent: ago(prime.found_at) }),
  ]);
}

function ago(time) {
  let amount = (Date.parse(time) - Date.now()) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return words.format(Math.round(amount), unit);
    amount /= size;
  }
}
