import type { FastifyRequest } from 'fastify';
import { wireBoxes } from './client/small-scripts.ts';
import { besideCode } from './factor-pages.ts';
import { type Html, html, script } from './html.ts';
import { has } from './ornaments.ts';
import type { Session } from './sessions.ts';
import type { StepForm } from './step-pages.ts';
import type { Place } from './variant.ts';

const DIGITS = 6;

/** Asks for the code of an authenticator app, or for one that was sent: one box, six boxes with a button, or six that send themselves when full. */
export function askCode(place: Place, request: FastifyRequest, session: Session): StepForm {
  const t = place.texts(request);
  const kind = place.variant.code ?? 'box';
  const sent = place.site.accounts.get(session.username ?? '')?.codeTo !== undefined;
  const choice = place.variant.choice && besideCode(place, request, session);
  const hint = choice
    ? choice.hint
    : sent
      ? html`<p class="hint">We have sent you a ${DIGITS}-digit code. Enter it here.</p>`
      : html`<p class="hint">Open your authenticator app and enter the ${DIGITS}-digit code.</p>`;
  const button = html`<button type="submit">${t.verify}</button>`;
  const trust = has(place, 'trust-device')
    ? html`<label class="inline"><input type="checkbox" name="trust" value="1"> Trust this device for 30 days</label>`
    : null;
  if (kind === 'box' || kind === 'with-password' || kind === 'in-frame') {
    return {
      title: t.code,
      below: choice?.below ?? null,
      fields: html`${hint}<label for="code">${t.code}</label>
        <input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="${DIGITS}" required>${trust}${button}`,
    };
  }
  return {
    title: t.code,
    fields: html`${hint}<div class="row boxes" role="group" aria-label="${t.code}">${boxes()}</div>
      <input type="hidden" name="code">${kind === 'six-button' && button}${script(wireBoxes, { send: kind === 'six' })}`,
  };
}

function boxes(): Html[] {
  return Array.from(
    { length: DIGITS },
    (_, index) =>
      html`<input type="text" inputmode="numeric" maxlength="1" autocomplete="off" aria-label="Digit ${index + 1}">`,
  );
}
