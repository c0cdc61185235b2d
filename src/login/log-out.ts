import { says, spread } from './fields/words.ts';
import type { ButtonView, FormView } from './observation.ts';

const LEADS_OUT = /log-?_?out|sign-?_?out|log-?_?off|sign-?_?off/i;

/**
 * A control that leads away from the session, by its words, its address, or where its form goes: never clicked. What it
 * says alone is not enough to tell, as a way out may be called "Continue" or show nothing but a picture.
 */
export function isLogOut(button: ButtonView, forms: readonly FormView[]): boolean {
  const words = `${button.text} ${spread(button.name)} ${spread(button.href.split('?')[0] ?? '')}`;
  if (says('logOut', words) || LEADS_OUT.test(button.href)) return true;
  const form = forms.find((view) => view.frame === button.frame && view.form === button.form);
  return form !== undefined && LEADS_OUT.test(URL.parse(form.action)?.pathname ?? '');
}
