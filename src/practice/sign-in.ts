import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Refusal, sameText } from './accounts.ts';
import { fieldsOf, queryOf } from './cookies-and-bodies.ts';
import { chosenWay, wayOf } from './factor-pages.ts';
import type { SubmittedStage } from './journal.ts';
import type { Session } from './sessions.ts';
import type { Texts } from './texts.ts';
import type { Place, Step, Variant } from './variant.ts';

/** Why a submission was refused. */
export type Reason = Refusal | NonNullable<Variant['refuses']> | { because: 'stale_form' };

/** What the site makes of a submission: a refusal, the next thing it asks, or (`next: null`) signed in. */
export type Answer = { refused: Reason } | { next: Step | null };

export interface Given {
  username: string;
  password: string;
  /** Where the code is asked together with the password. */
  code?: string | undefined;
  remember?: boolean;
}

/** Judges a password (and a code that came with it) and moves the session on. Counted before it is judged. */
export function givePassword(place: Place, request: FastifyRequest, session: Session, given: Given): Answer {
  const { site, variant } = place;
  const stages: SubmittedStage[] = given.code === undefined ? ['password'] : ['password', 'code'];
  site.journal.note(request, given.username, ...stages);
  if (variant.refuses) return { refused: variant.refuses };
  const refusal = site.accounts.checkPassword(given.username, given.password);
  if (refusal) return { refused: refusal };
  const account = site.accounts.get(given.username);
  const factor = account !== null && (account.totp !== undefined || account.codeTo !== undefined);
  if (factor && given.code !== undefined) {
    const wrongCode = site.accounts.checkCode(given.username, given.code);
    if (wrongCode) return { refused: wrongCode };
  }
  session.username = account?.username ?? given.username;
  // Whoever was signed in here before is not any more: the next steps are another account's.
  session.signedIn = false;
  session.remember = given.remember ?? false;
  session.pending = [
    ...(factor && given.code === undefined ? (['code'] as const) : []),
    ...(account?.state === 'password_expired' ? (['new-password'] as const) : []),
    ...(variant.after ?? []),
  ];
  session.way = null;
  if (session.pending.includes('code') && chosenWay(place, session) === wayOf(account)) {
    sendCode(place, session.username);
  }
  return advance(place, session);
}

/** Sends the account its code, where it has an address for one. */
export function sendCode({ site }: Place, username: string): void {
  const sent = site.accounts.sendCode(username);
  if (sent) site.deliver({ username, ...sent });
}

/** A recovery code stands for the code. */
export function giveRecoveryCode(place: Place, request: FastifyRequest, session: Session, code: string): Answer {
  const username = session.username ?? '';
  place.site.journal.note(request, username, 'code');
  const refusal = place.site.accounts.checkRecoveryCode(username, code);
  return refusal ? { refused: refusal } : passed(place, session, 'code');
}

export function giveCode(place: Place, request: FastifyRequest, session: Session, code: string): Answer {
  const username = session.username ?? '';
  place.site.journal.note(request, username, 'code');
  const refusal = place.site.accounts.checkCode(username, code);
  return refusal ? { refused: refusal } : passed(place, session, 'code');
}

/** The step is done: on to the next, or signed in. */
export function passed(place: Place, session: Session, step: Step): Answer {
  session.pending = (session.pending ?? []).filter((open) => open !== step);
  return advance(place, session);
}

function advance({ site, variant }: Place, session: Session): Answer {
  const next = session.pending?.[0] ?? null;
  if (next === null) {
    site.accounts.succeeded(session.username ?? '');
    site.sessions.signIn(session, variant);
  }
  return { next };
}

/** Whether the form was shown to this very session (a token against cross-site posts). */
export function isOwnForm(session: Session, request: FastifyRequest): boolean {
  return sameText(fieldsOf(request).csrf ?? '', session.csrf);
}

/** Status of the answer to a refused submission. */
export function statusOf({ variant }: Place, reason: Reason, reply: FastifyReply): number {
  if (reason.because === 'stale_form') return 403;
  if (reason.because !== 'rate_limited') return variant.errorStatus ?? 401;
  reply.header('retry-after', String(reason.seconds));
  return 429;
}

/** What the site says to a refusal, in the language of the page. */
export function wordsOf(texts: Texts, reason: Reason, request: FastifyRequest): string {
  switch (reason.because) {
    case 'wrong':
      return texts.wrong[Number(queryOf(request).wording ?? 0)] ?? texts.wrong[0] ?? '';
    case 'locked':
      return texts.locked.replace('{n}', String(reason.minutes));
    case 'wrong_code':
      return texts.wrongCode;
    case 'wrong_answer':
      return 'That answer does not match the one we have.';
    case 'unknown':
      return 'There is no account with that username.';
    case 'disabled':
      return 'Your account has been disabled. Please contact support.';
    case 'rate_limited':
      return `Too many attempts. Please try again in ${Math.ceil(reason.seconds / 60)} minutes.`;
    case 'stale_form':
      return 'This form has expired. Please try again.';
  }
}
