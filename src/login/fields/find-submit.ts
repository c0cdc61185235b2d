import type { ButtonView, FieldView } from '../observation.ts';
import { buttonWords, isLink } from './form-group.ts';
import { best, type Candidate, ENOUGH, Score } from './score.ts';
import { says, spread, type WordList } from './words.ts';

export type SubmitPurpose = 'login' | 'code' | 'any';

/** How well a button fits as the one that sends what ends with `last`; `purpose` says which words fit. */
function scoreSubmit(button: ButtonView, last: FieldView, purpose: SubmitPurpose): Candidate<ButtonView> {
  const score = new Score();
  const words = buttonWords(button);
  if (button.form !== null && button.form === last.form) score.add(3, 'in the form');
  else score.when(last.form !== null, -3, 'outside the form');
  if (button.type === 'submit' || button.type === 'image')
    score.add(button.tag === 'input' || button.form !== null ? 3 : 1, `type ${button.type}`);
  if (purpose === 'any')
    score.when(
      ['register', 'submit', 'next', 'sends'].some((list) => says(list as WordList, words)),
      3,
      'says what it sends',
    );
  else if (says('submit', words)) score.add(purpose === 'login' ? 5 : 3, 'says log in');
  else if (says('next', words)) score.add(4, 'says next');
  else if (says('sends', words)) score.add(4, 'says submit');
  else if (says('verify', words)) score.add(purpose === 'code' ? 5 : 2, 'says confirm');
  else if (says('submit', spread(button.id))) score.add(1, 'named like a login button');
  score.when(purpose !== 'any' && says('register', words), -5, 'says register');
  score.when(says('recovery', words), -8, 'says recovery');
  score.when(says('otherMethod', words), -6, 'names another method');
  score.when(says('dismiss', words), -6, 'says cancel');
  score.when(says('notSubmit', words), -5, 'does something else');
  score.when(says('logOut', words), -20, 'says log out');
  score.when(isLink(button), -4, 'a link to another page');
  score.when(button.tag === 'summary' || button.tag === 'select', -4, `a ${button.tag}`);
  const below = button.box.y - last.box.y;
  if (below >= -10 && below < 260) score.add(2, 'just below the last field');
  else score.when(below < -10, -2, 'above the last field');
  score.when(button.order > last.order, 1, 'after the last field');
  score.when(button.order > last.order && button.order - last.order <= 3, 1, 'next after the last field');
  score.when(button.text === '' && button.type !== 'submit' && button.type !== 'image', -2, 'no text');
  return score.of(button);
}

/** The button that sends these fields, or null: then Enter does. */
export function findSubmit(
  buttons: readonly ButtonView[],
  filled: readonly FieldView[],
  purpose: SubmitPurpose,
): Candidate<ButtonView> | null {
  const last = [...filled].sort((a, b) => a.order - b.order).at(-1);
  if (!last) return null;
  const near = buttons.filter((button) => button.frame === last.frame);
  return best(
    near.map((button) => scoreSubmit(button, last, purpose)),
    ENOUGH,
  );
}
