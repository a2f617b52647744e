// Makes elements. Text is only ever text: nothing here reads HTML, so nothing has to be escaped.

/**
 * h('a', { class: 'link', href: '/browse', onclick: fn, dataset: { id: 7 } }, 'text', element, null).
 * Names that start with "on" are listeners; false, null and undefined are left out.
 */
export function h(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) setProperty(made, key, value);
  return put(made, children);
}

function setProperty(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
  else if (key === 'dataset') Object.assign(element.dataset, value);
  else if (key === 'value') element.value = value;
  else element.setAttribute(key, value === true ? '' : value);
}

/** Appends children, arrays flattened, what is empty left out. */
export function put(element, children) {
  element.append(...[children].flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replaces what is in the element. */
export function fill(element, ...children) {
  element.replaceChildren();
  return put(element, children);
}
