import { randomInt } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { goOnWhenAnswered } from './client/approval-script.ts';
import { html, script } from './html.ts';
import type { Session } from './sessions.ts';
import type { StepForm } from './step-pages.ts';
import type { Place } from './variant.ts';

export type PhoneAnswer = 'approved' | 'denied';

/** The sign-ins that people are asked about on their phones. */
export class Approvals {
  readonly #asked = new Map<string, { number: string; answer: PhoneAnswer | null }>();

  /** The number shown for a session's sign-in; asked for once. */
  ask(session: Session): string {
    const name = session.username ?? '';
    const asked = this.#asked.get(name) ?? { number: String(randomInt(10, 100)), answer: null };
    this.#asked.set(name, asked);
    return asked.number;
  }

  answer(username: string, answer: PhoneAnswer): void {
    const asked = this.#asked.get(username);
    if (!asked) throw new Error(`Nobody is asked about a sign-in of "${username}"`);
    asked.answer = answer;
  }

  answerOf(session: Session): PhoneAnswer | null {
    return this.#asked.get(session.username ?? '')?.answer ?? null;
  }

  /** The answer is for one sign-in. */
  close(session: Session): void {
    this.#asked.delete(session.username ?? '');
  }
}

/** The page that waits for the phone: it goes on by itself once there is an answer. */
export function askApproval({ site, variant }: Place, session: Session): StepForm {
  const number = site.approvals.ask(session);
  return {
    title: 'Check your phone',
    fields: html`<p>We sent a notification to your phone. Open the app, check the number and approve the sign-in.</p>
      <p><strong>${number}</strong></p>${script(goOnWhenAnswered, `/${variant.id}/approve-state`)}`,
    judge(own) {
      const answer = site.approvals.answerOf(own);
      site.approvals.close(own);
      return answer === 'approved' ? null : 'The sign-in request was denied on your phone.';
    },
  };
}

/** What the waiting page asks again and again. */
export function approvalState(app: FastifyInstance, { site, variant }: Place): void {
  app.get('/approve-state', (request, reply) => {
    const session = site.sessions.find(variant, request);
    return reply.send({ answer: session ? site.approvals.answerOf(session) : null });
  });
}
