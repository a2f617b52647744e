// The list of forms, with a bar for the count of each.
import { element } from './element.js';

export function showForms({ json: forms }) {
  const most = Math.max(1, ...forms.map((form) => form.count));
  document.getElementById('forms').replaceChildren(...forms.map((form) => row(form, most)));
}

// The root of the share: a form with thirty primes shall be seen beside one with forty thousand.
function row(form, most) {
  const fill = element('div', { className: 'fill' });
  fill.style.width = `${100 * Math.sqrt(form.count / most)}%`;
  return element('li', { title: `largest: ${form.largest_expression}` }, [
    element('div', { className: 'row' }, [
      element('span', { textContent: form.form.replaceAll('_', ' ') }),
      element('span', { textContent: `${form.count.toLocaleString('en')} · ${form.largest_digits} digits` }),
    ]),
    element('div', { className: 'track' }, [fill]),
  ]);
}
