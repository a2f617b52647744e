// The four numbers at the top.
const places = Object.fromEntries(
  [...document.querySelectorAll('[data-number]')].map((element) => [element.dataset.number, element]),
);

export function showNumbers({ json, milliseconds }) {
  places.total.textContent = json.total.toLocaleString('en');
  places.forms.textContent = json.by_form.length;
  places.largest_digits.textContent = json.largest_digits.toLocaleString('en');
  places.milliseconds.textContent = `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  places.note.textContent = json.largest_expression ? `The largest is ${json.largest_expression}.` : '';
}
