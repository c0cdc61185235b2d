import type { FastifyRequest } from 'fastify';
import { fieldsOf } from './cookies-and-bodies.ts';
import { html } from './html.ts';
import type { StepForm } from './step-pages.ts';
import type { Place, Step } from './variant.ts';

/** Questions between password and account that a person answers with one click. */
export type BetweenStep = Extract<Step, 'stay-or-leave' | 'consent' | 'terms' | 'passkey' | 'reminder'>;

const button = (value: string, text: string) =>
  html`<button type="submit" name="answer" value="${value}">${text}</button>`;

/** Each question has one answer that leads on; the other ends the login or asks for more. */
export function askBetween(place: Place, request: FastifyRequest, step: BetweenStep): StepForm {
  const answered = (wanted: string, words: string) => () => (fieldsOf(request).answer === wanted ? null : words);
  switch (step) {
    case 'stay-or-leave':
      return {
        title: 'Stay signed in?',
        // The way out looks like an answer, and is the first.
        before: html`<form method="post" action="${place.link(request, 'logout')}"><button class="plain">No</button></form>`,
        fields: button('yes', 'Yes'),
        judge: answered('yes', 'Please choose.'),
      };
    case 'consent':
      return {
        title: 'Lindgrove Orders wants to access your account',
        fields: html`<ul><li>See your name and e-mail address</li><li>See your orders</li></ul>
          ${button('no', 'Cancel')} ${button('yes', 'Allow')}`,
        judge: answered('yes', 'Access was denied.'),
      };
    case 'terms':
      return {
        title: 'We have updated our terms of service',
        fields: html`<p>Please read and accept the new terms to go on.</p>${button('no', 'Decline')} ${button('yes', 'I agree')}`,
        judge: answered('yes', 'Without the new terms we cannot let you in.'),
      };
    case 'passkey':
      return {
        title: 'Sign in faster next time with a passkey',
        fields: html`<p>Use your fingerprint, your face or the lock of your screen instead of a password.</p>
          ${button('yes', 'Create a passkey')} ${button('no', 'Not now')}`,
        judge: answered('no', 'No passkey could be made on this device.'),
      };
    case 'reminder':
      return {
        title: 'Keep your account safe',
        fields: html`<p>Add a phone number, so that you can always get back in.</p>
          ${button('yes', 'Add a phone number')} ${button('no', 'Remind me later')}`,
        judge: answered('no', 'We cannot send messages to this number.'),
      };
  }
}
