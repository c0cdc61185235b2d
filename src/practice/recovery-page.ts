import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fieldsOf } from './cookies-and-bodies.ts';
import { type Html, html } from './html.ts';
import { errorBox, sendPage } from './layout.ts';
import type { Session } from './sessions.ts';
import { giveRecoveryCode, isOwnForm, type Reason, statusOf, wordsOf } from './sign-in.ts';
import type { Place } from './variant.ts';

/** The way from the code page to the one for recovery codes, for accounts that have some. */
export function recoveryLink(place: Place, request: FastifyRequest, session: Session): Html | null {
  const codes = place.site.accounts.get(session.username ?? '')?.recoveryCodes ?? [];
  if (codes.length === 0) return null;
  return html`<p><a href="${place.link(request, 'recovery')}">Use a recovery code instead</a></p>`;
}

/** The page `/recovery`, instead of the code. `goOn` leads to what comes after it. */
export function recoveryPage(
  app: FastifyInstance,
  place: Place,
  goOn: (request: FastifyRequest, reply: FastifyReply, session: Session) => FastifyReply,
): void {
  const show = (request: FastifyRequest, reply: FastifyReply, session: Session, reason?: Reason): FastifyReply => {
    const error = reason && wordsOf(place.texts(request), reason, request);
    const body = html`<section class="card"><h1>Recovery code</h1>${errorBox(error)}
      <form method="post" action="${place.link(request, 'recovery')}"><input type="hidden" name="csrf" value="${session.csrf}">
      <label for="recovery">Recovery code</label><input id="recovery" name="recovery_code" autocomplete="off" required>
      <button type="submit">${place.texts(request).verify}</button></form></section>`;
    return sendPage(place, request, reply, {
      title: 'Recovery code',
      body,
      status: reason ? statusOf(place, reason, reply) : 200,
    });
  };
  const waiting = (request: FastifyRequest): Session | null => {
    const session = place.site.sessions.find(place.variant, request);
    return session?.pending?.[0] === 'code' ? session : null;
  };
  app.get('/recovery', (request, reply) => {
    const session = waiting(request);
    return session ? show(request, reply, session) : reply.redirect(place.link(request, place.entry), 303);
  });
  app.post('/recovery', (request, reply) => {
    const session = waiting(request);
    if (!session) return reply.redirect(place.link(request, place.entry), 303);
    if (!isOwnForm(session, request)) return show(request, reply, session, { because: 'stale_form' });
    const answer = giveRecoveryCode(place, request, session, fieldsOf(request).recovery_code ?? '');
    return 'refused' in answer ? show(request, reply, session, answer.refused) : goOn(request, reply, session);
  });
}
