// Draws a body anew under somebody's hands: the focus and what was scrolled stay where they were.
const REACHED = 'a[href], button, input, select, textarea, summary, [tabindex]';

/** draw() replaces what is in the body. The focus goes to what has the same name there, else to the same place. */
export function steadily(body, draw) {
  const had = body.contains(document.activeElement) ? document.activeElement : null;
  const name = had && nameOf(had), place = had && reached(body).indexOf(had);
  const scrolled = boxes(body).map(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
  draw();
  boxes(body).slice(0, scrolled.length).forEach((box, i) => { [box.scrollLeft, box.scrollTop] = scrolled[i]; });
  if (!had || body.contains(document.activeElement)) return;
  const now = reached(body);
  (now.find((one) => nameOf(one) === name) ?? now[place])?.focus({ preventScroll: true });
}

const reached = (body) => [...body.querySelectorAll(REACHED)];
const boxes = (body) => [...body.querySelectorAll('.scroll')];
const nameOf = (element) => [element.tagName, element.getAttribute('aria-label') ?? element.textContent, element.getAttribute('href'), element.name].join('\n');
