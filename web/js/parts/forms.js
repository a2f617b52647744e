// The colours of the forms: the six most frequent have one each, the others share one, so that a
// chart stays calm and a form has the same colour everywhere.
import { formName } from '../format.js';

const COLOURS_MAX = 6;

/** forms: names, the most frequent first. Returns { of(form), shown, name(form) }: CSS variables. */
export function formColours(forms) {
  const places = new Map(forms.slice(0, COLOURS_MAX).map((form, i) => [form, `--c${i + 1}`]));
  return {
    shown: [...places.keys()],
    others: forms.slice(COLOURS_MAX),
    of: (form) => places.get(form) ?? '--c0',
    name: (form) => (form === null ? 'others' : formName(form)),
  };
}
