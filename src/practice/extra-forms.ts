import type { FastifyRequest } from 'fastify';
import { askApproval } from './approvals.ts';
import { askBetween } from './between-pages.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { type Html, html } from './html.ts';
import { askPasskeyStep } from './passkey-pages.ts';
import type { Session } from './sessions.ts';
import type { StepForm } from './step-pages.ts';
import type { Place, Step } from './variant.ts';

const SHORTEST_PASSWORD = 12;

const button = (text: string): Html => html`<button type="submit">${text}</button>`;

const tiles = ['☂', '⚓', '✈', '☎', '♞', '✂', '☀', '♣', '✏'].map(
  (sign, index) => html`<label class="inline"><input type="checkbox" name="tile${index}" value="1"> ${sign}</label>`,
);

/** What a site may want after the password beside a code. */
export function askMore(
  place: Place,
  request: FastifyRequest,
  session: Session,
  step: Exclude<Step, 'code'>,
): StepForm {
  switch (step) {
    case 'stay-or-leave':
    case 'consent':
    case 'terms':
    case 'passkey':
    case 'reminder':
      return askBetween(place, request, step);
    case 'approve':
      return askApproval(place, session);
    case 'use-passkey':
      return askPasskeyStep(place, request);
    case 'question':
      return {
        title: 'One more question',
        fields: html`<p class="hint">We ask this to make sure that it is you.</p>
          <label for="answer">What was the name of your first pet?</label><input id="answer" name="answer" autocomplete="off" required>${button('Continue')}`,
        judge: (session) => judgeAnswer(place, request, session),
      };
    case 'captcha':
      return {
        title: 'Security check',
        fields: html`<p>Please confirm that you are not a robot. Select every picture that shows a vehicle.</p>
          <div class="columns">${tiles}</div>${button('Verify')}`,
        judge: () => 'Please try the security check again.',
      };
    case 'phone':
      return {
        title: 'Add a phone number',
        fields: html`<p>To protect your account we need a phone number before you can go on.</p>
          <label for="phone">Phone number</label><input id="phone" name="phone" type="tel" autocomplete="tel" required>${button('Send code')}`,
        judge: () => 'We cannot send messages to this number.',
      };
    case 'new-password':
      return {
        title: 'Your password has expired',
        fields: html`<p>You must change your password to continue.</p>
          <label for="current">Current password</label><input id="current" name="current" type="password" autocomplete="current-password" required>
          <label for="new">New password</label><input id="new" name="new" type="password" autocomplete="new-password" required>
          <label for="repeat">Repeat the new password</label><input id="repeat" name="repeat" type="password" autocomplete="new-password" required>
          ${button('Change password')}`,
        judge: (session) => changePassword(place, request, session),
      };
    case 'stay':
      return {
        title: 'Stay signed in?',
        fields: html`<p>Then you will not be asked so often on this device.</p>
          <button type="submit" name="stay" value="yes">Yes</button> <button type="submit" name="stay" value="no" class="plain">No</button>`,
        judge(session) {
          session.remember = fieldsOf(request).stay === 'yes';
          return null;
        },
      };
  }
}

function judgeAnswer({ site }: Place, request: FastifyRequest, session: Session): string | null {
  const username = session.username ?? '';
  if (!site.accounts.get(username)?.answer) return 'That answer does not match the one we have.';
  const refusal = site.accounts.checkAnswer(username, fieldsOf(request).answer ?? '');
  return refusal && 'That answer does not match the one we have.';
}

function changePassword({ site }: Place, request: FastifyRequest, session: Session): string | null {
  const { current = '', new: wanted = '', repeat = '' } = fieldsOf(request);
  if (wanted !== repeat) return 'The two new passwords are not the same.';
  if (wanted.length < SHORTEST_PASSWORD) return `A password needs ${SHORTEST_PASSWORD} characters or more.`;
  if (wanted === current) return 'The new password must differ from the old one.';
  const username = session.username ?? '';
  if (site.accounts.checkPassword(username, current)) return 'The current password is not right.';
  site.accounts.setPassword(username, wanted);
  return null;
}
