import { lookUntil } from '../consequences.ts';
import { says } from '../fields/words.ts';
import { isLogOut } from '../log-out.ts';
import { Ended, type LoginRun } from '../login-run.ts';
import type { Look } from '../observe.ts';
import { classify, type PageState } from '../page-state.ts';
import type { SeenPage } from '../seen-page.ts';
import { clickOnce } from './clear-the-way.ts';

/** How long the field for a recovery code may take to show. */
const OTHER_FIELD_MS = 10_000;

/** Enough of a code page to tell that it became another. */
function signature({ observation }: Look): string {
  const { url, headings, fields } = observation;
  return JSON.stringify([
    url,
    headings,
    fields.filter(({ visible }) => visible).map(({ name, label }) => [name, label]),
  ]);
}

/**
 * Many sites take a recovery code in a field of its own, behind a control on the code page. Opens it; null where there
 * is no such control: then the field for the code takes both.
 */
export async function openRecovery(run: LoginRun, look: Look): Promise<SeenPage | null> {
  const control = look.observation.buttons.find(
    (button) =>
      button.visible &&
      !button.disabled &&
      !isLogOut(button, look.observation.forms) &&
      says('recoveryCode', button.text),
  );
  if (!control) return null;
  const before = signature(look);
  const text = `"${control.text}" was clicked to enter a recovery code.`;
  if (!(await clickOnce(run, look, control, { signal: 'recovery_opened', text }))) {
    throw new Ended({ code: 'inconclusive' });
  }
  const other = await run.progress.part('observe', () =>
    lookUntil(run.page, OTHER_FIELD_MS, (seen) => signature(seen) !== before && codeStep(seen) !== null),
  );
  const state = codeStep(other);
  if (state && signature(other) !== before) return { look: other, state };
  other.dispose();
  throw new Ended({ code: 'inconclusive' });
}

function codeStep({ observation }: Look): PageState | null {
  const state = classify(observation);
  return state.fields.code.length > 0 ? state : null;
}
