import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accountPages, enter, signedIn } from './account-pages.ts';
import { fieldsOf, queryOf } from './cookies-and-bodies.ts';
import { html } from './html.ts';
import { errorBox, sendPage } from './layout.ts';
import { isOwnForm } from './sign-in.ts';
import type { Place } from './variant.ts';

/** A name is enough: who opens the link that is sent is in, once. */
export function magicLink(app: FastifyInstance, place: Place): void {
  const { site, variant } = place;
  /** Links that were sent and not opened yet: token → account. */
  const sent = new Map<string, string>();
  const card = (
    request: FastifyRequest,
    reply: FastifyReply,
    title: string,
    body: ReturnType<typeof html>,
    status = 200,
  ) =>
    sendPage(place, request, reply, {
      title,
      status,
      body: html`<section class="card"><h1>${title}</h1>${body}</section>`,
    });
  app.get('/login', (request, reply) => {
    if (signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
    const session = site.sessions.visit(variant, request, reply);
    const form = html`<form method="post" action="${place.link(request, 'login')}"><input type="hidden" name="csrf" value="${session.csrf}">
      <label for="email">E-mail address</label><input id="email" name="email" type="email" autocomplete="username" required>
      <button type="submit">Continue</button></form>`;
    return card(request, reply, 'Sign in', form);
  });
  app.post('/login', (request, reply) => {
    const session = site.sessions.visit(variant, request, reply);
    if (!isOwnForm(session, request)) return reply.redirect(place.link(request, 'login'), 303);
    const username = (fieldsOf(request).email ?? '').trim();
    site.journal.note(request, username, 'identifier');
    const account = site.accounts.get(username);
    if (account?.codeTo) {
      const token = randomBytes(24).toString('base64url');
      sent.set(token, account.username);
      const link = `http://${request.headers.host}/${variant.id}/enter?token=${token}`;
      site.deliver({ username: account.username, to: account.codeTo, code: link });
    }
    return card(
      request,
      reply,
      'Check your inbox',
      html`<p>We have sent you a link to sign in. It is good for one visit.</p>`,
    );
  });
  app.get('/enter', (request, reply) => {
    const token = queryOf(request).token ?? '';
    const username = sent.get(token) ?? '';
    site.journal.note(request, username, 'code');
    sent.delete(token);
    if (username === '') {
      const words = html`${errorBox('This link has expired or was used already.')}<p>Ask for a new one.</p>`;
      return card(request, reply, 'Sign in', words, 410);
    }
    const session = site.sessions.visit(variant, request, reply);
    session.username = username;
    site.accounts.succeeded(username);
    site.sessions.signIn(session, variant);
    return enter(place, request, reply, session);
  });
  accountPages(app, place);
}
