// The filters of the list: what kind, which text, how many digits, which tag.
import { fill, h } from '../../dom.js';
import { count, formName } from '../../format.js';

const NAMES = ['form', 'search', 'min_digits', 'max_digits', 'tags', 'sort_by', 'sort_dir'];
const PAUSE_MS = 250; // while somebody types

/** The address's words; what it does not say is ''. */
export function readFilters(query) {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? '']));
}

/** Whether the filters let a prime through, as far as its form, expression and digits tell. */
export function wouldShow({ form, search, min_digits, max_digits }, prime) {
  return (!form || prime.form === form) && prime.expression.toLowerCase().includes(search.toLowerCase())
    && prime.digits >= Number(min_digits) && prime.digits <= (Number(max_digits) || Infinity);
}

/** onChange({ name: value }) is called with what was changed. */
export function filters({ api, live, signal }, chosen, onChange) {
  let pause = null;
  const later = (values) => {
    clearTimeout(pause);
    pause = setTimeout(() => onChange(values), PAUSE_MS);
  };
  const input = (name, label, properties) => h('label', {}, label,
    h('input', { name, value: chosen[name], oninput: ({ target }) => later({ [name]: target.value.trim() }), ...properties }));
  const select = (name, label) => h('label', {}, label,
    h('select', { name, onchange: ({ target }) => onChange({ [name]: target.value }) }, option('', 'all', chosen[name]), chosen[name] && option(chosen[name], formName(chosen[name]), chosen[name])));
  const form = h('form', { class: 'filters', role: 'search', onsubmit: (event) => event.preventDefault() },
    input('search', 'Expression contains', { type: 'search', maxlength: 200, placeholder: '2^, !+1 …', class: 'long' }),
    select('form', 'Form'), select('tags', 'Tag'),
    input('min_digits', 'Digits from', { type: 'number', min: 0, inputmode: 'numeric' }),
    input('max_digits', 'Digits to', { type: 'number', min: 0, inputmode: 'numeric' }),
    h('button', { class: 'plain', type: 'button', onclick: () => {
      const none = Object.fromEntries(NAMES.map((name) => [name, '']));
      for (const field of form.elements) if (field.name) field.value = '';
      onChange(none);
    } }, 'Clear'));
  const missed = new Set(); // the list says what is wrong; what these offer is asked when the server is back
  const fillSelect = (name, path, key) => api.get(path, {}, { signal }).then(({ data }) => {
    const rows = data.by_form ?? data;
    fill(form.elements[name], option('', 'all', chosen[name]), rows.map((row) => option(row[key], `${formName(row[key])} (${count(row.count)})`, chosen[name])));
  }).catch(() => missed.add([name, path, key]));
  live.on('state', (state) => {
    if (state !== 'open') return;
    for (const one of missed) missed.delete(one) && fillSelect(...one);
  }, { signal });
  fillSelect('form', '/api/stats', 'form');
  fillSelect('tags', '/api/stats/tags', 'tag');
  signal.addEventListener('abort', () => clearTimeout(pause));
  return form;
}

const option = (value, text, chosen) => h('option', { value, selected: value === chosen }, text);
