import type { Choice } from './factor-pages.ts';
import { formLogin } from './form-login.ts';
import type { Language } from './texts.ts';
import type { Variant } from './variant.ts';

const row = (choice: Choice, exercises: string, language: Language): Variant => ({
  id: `choose-${choice}`,
  title: `choose-${choice}`,
  exercises,
  mechanism: formLogin(),
  choice,
  language,
});

/** Logins that let their user choose a second factor: one leads on, the others ask for a code that goes elsewhere. */
export const CHOICE_VARIANTS: readonly Variant[] = [
  row('links', 'a list of second factors', 'en'),
  row('buttons', 'a button for each second factor', 'de'),
  row('radios', 'second factors to mark, the first is marked', 'fr'),
  row('other', 'a text message is sent first; the other ways lie behind a link', 'en'),
  row('tabs', 'the page for the code of a text message, with tabs for the other ways', 'ja'),
];
