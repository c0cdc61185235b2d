import { deny, type LoginRun } from './login-run.ts';
import type { FieldView } from './observation.ts';
import type { Look } from './observe.ts';

/** Before anything is typed: the window and the form's own target must be allowed too, not only the frame. */
export function checkPlaces(run: LoginRun, look: Look, field: FieldView): void {
  const { frames, forms } = look.observation;
  const top = frames.find(({ main }) => main)?.origin ?? '';
  if (!run.origins.has(top)) deny(run, top, `The form lies in a page of ${top}`);
  const form = forms.find(({ frame, form: index }) => frame === field.frame && index === field.form);
  const action = URL.parse(form?.action ?? '');
  // An action of another kind (javascript:) goes nowhere by itself.
  if (!action || !/^https?:$/.test(action.protocol) || run.origins.has(action.origin)) return;
  deny(run, action.origin, `The form posts to ${action.origin}`);
}

/**
 * Without pinned origins a secret may be typed where the login page's own redirects led, until the password is sent. A
 * window is no redirect. Whether plain http will do is main's to say, which knows the networks the operator allows.
 */
export function trustOrigins(run: LoginRun): void {
  if (run.task.allowed_origins.length > 0 || run.submissions.password > 0 || run.inWindow) return;
  const url = URL.parse(run.page.url());
  if (url && url.origin !== 'null') run.origins.add(url.origin);
}
