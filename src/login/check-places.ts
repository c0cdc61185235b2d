import { deny, type LoginRun } from './login-run.ts';
import type { FieldView, Observation } from './observation.ts';
import type { Look } from './observe.ts';

/** Before anything is typed: the window and the form's own target must be allowed too, not only the frame. */
export function checkPlaces(run: LoginRun, look: Look, field: FieldView): void {
  const foreign = foreignPlace(run, look.observation, field);
  if (foreign) deny(run, foreign.origin, `The form ${foreign.how} ${foreign.origin}`);
}

/** The first origin around a field that is not allowed: of the window, of the form's target. Null when all are. */
export function foreignPlace(
  run: LoginRun,
  { frames, forms }: Observation,
  field: FieldView,
): { origin: string; how: string } | null {
  const top = frames.find(({ main }) => main)?.origin ?? '';
  if (!run.origins.has(top)) return { origin: top, how: 'lies in a page of' };
  const form = forms.find(({ frame, form: index }) => frame === field.frame && index === field.form);
  const action = URL.parse(form?.action ?? '');
  // An action of another kind (javascript:) goes nowhere by itself.
  if (!action || !/^https?:$/.test(action.protocol) || run.origins.has(action.origin)) return null;
  return { origin: action.origin, how: 'posts to' };
}

/**
 * Without pinned origins a secret may be typed where the login page's own redirects led, until the password is sent.
 * Whether plain http will do is main's to say, which knows the networks the operator allows. A window is no redirect,
 * and where a planner led is not trusted: text on the page may have led it.
 */
export function trustOrigins(run: LoginRun): void {
  if (run.task.allowed_origins.length > 0 || run.submissions.password > 0) return;
  if (run.inWindow || run.originsFixed) return;
  const url = URL.parse(run.page.url());
  if (url && url.origin !== 'null') run.origins.add(url.origin);
}
