import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accountPages, enter, signedIn } from './account-pages.ts';
import { revealPassword } from './client/small-scripts.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { type Html, html, script } from './html.ts';
import { errorBox, sendPage } from './layout.ts';
import type { Session } from './sessions.ts';
import { givePassword, isOwnForm, type Reason, statusOf, wordsOf } from './sign-in.ts';
import { stepPages } from './step-pages.ts';
import type { Mechanism, Place } from './variant.ts';

/** Name on one page, password on the next. An unknown name is said at once. */
export const identifierOnTwoPages: Mechanism = identifierOnPages();

/** The name on a page at `path`, then what stands at `next`, then the password. */
export function identifierOnPages({ path = 'login', next = 'password' } = {}): Mechanism {
  return (app, place) => {
    const { site, variant } = place;
    app.get(`/${path}`, (request, reply) => {
      if (signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
      return showName(place, request, reply, path, site.sessions.visit(variant, request, reply));
    });
    app.post(`/${path}`, async (request, reply) => {
      const session = site.sessions.visit(variant, request, reply);
      const known = takeName(place, request, session);
      await place.takeTime(request);
      if (!isOwnForm(session, request)) {
        return showName(place, request, reply, path, session, { because: 'stale_form' });
      }
      if (!known) return showName(place, request, reply, path, session, { because: 'unknown' });
      return reply.redirect(place.link(request, next), 303);
    });
    passwordPages(app, place);
  };
}

/** The password's page for the name the session claims, and what is behind it. */
function passwordPages(app: FastifyInstance, place: Place): void {
  const { site, variant } = place;
  app.get('/password', (request, reply) => {
    const session = site.sessions.find(variant, request);
    if (!session?.claimed) return reply.redirect(place.link(request, 'login'), 303);
    return showPasswordPage(place, request, reply, session);
  });
  app.post('/password', async (request, reply) => {
    const session = site.sessions.find(variant, request);
    if (!session?.claimed) return reply.redirect(place.link(request, 'login'), 303);
    return postPassword(place, request, reply, session, (reason) =>
      showPasswordPage(place, request, reply, session, reason),
    );
  });
  stepPages(app, place);
  accountPages(app, place);
}

/** One page: a script sends the name, then shows the password's field. */
export function identifierOnOnePage(app: FastifyInstance, place: Place): void {
  const { site, variant } = place;
  app.get('/login', (request, reply) => {
    if (signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
    return showBoth(place, request, reply, site.sessions.visit(variant, request, reply));
  });
  app.post('/identify', async (request, reply) => {
    const session = site.sessions.find(variant, request);
    if (!session || !isOwnForm(session, request)) return reply.code(403).send({ message: 'This form has expired.' });
    takeName(place, request, session);
    session.claimed ??= (fieldsOf(request).username ?? '').trim();
    await place.takeTime(request);
    return reply.send({ next: 'password' });
  });
  app.post('/login', async (request, reply) => {
    const session = site.sessions.visit(variant, request, reply);
    return postPassword(place, request, reply, session, (reason) => showBoth(place, request, reply, session, reason));
  });
  stepPages(app, place);
  accountPages(app, place);
}

/** Counts the name and keeps it for the next step if there is such an account. */
function takeName({ site }: Place, request: FastifyRequest, session: Session): boolean {
  const username = (fieldsOf(request).username ?? '').trim();
  site.journal.note(request, username, 'identifier');
  session.claimed = site.accounts.get(username)?.username ?? null;
  return session.claimed !== null;
}

async function postPassword(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  refuse: (reason: Reason) => FastifyReply,
): Promise<FastifyReply> {
  const username = session.claimed ?? '';
  place.site.journal.note(request, username, 'password');
  if (!isOwnForm(session, request)) return refuse({ because: 'stale_form' });
  const { password = '' } = fieldsOf(request);
  const answer = givePassword(place, request, session, { username, password });
  await place.takeTime(request);
  if ('refused' in answer) return refuse(answer.refused);
  if (answer.next) return reply.redirect(place.link(request, answer.next), 303);
  return enter(place, request, reply, session);
}

function showCard(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, body, reason }: { title: string; body: Html; reason: Reason | undefined },
): FastifyReply {
  const error = reason ? wordsOf(place.texts(request), reason, request) : null;
  const status = reason ? statusOf(place, reason, reply) : 200;
  const card = html`<section class="card"><h1>${title}</h1>${errorBox(error)}${body}</section>`;
  return sendPage(place, request, reply, { title, status, body: card });
}

function showName(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  session: Session,
  reason?: Reason,
) {
  const t = place.texts(request);
  const body = html`<form method="post" action="${place.link(request, path)}">
    <input type="hidden" name="csrf" value="${session.csrf}"><label for="username">${t.username}</label>
    <input id="username" name="username" autocomplete="username" autocapitalize="none" required><button type="submit">${t.next}</button></form>`;
  return showCard(place, request, reply, { title: t.signIn, body, reason });
}

function showPasswordPage(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  reason?: Reason,
) {
  const t = place.texts(request);
  const body = html`<p>${session.claimed} <a href="${place.link(request, 'login')}">Not you?</a></p>
    <form method="post" action="${place.link(request, 'password')}"><input type="hidden" name="csrf" value="${session.csrf}">
    <label for="password">${t.password}</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
    <button type="submit">${t.signIn}</button></form>`;
  return showCard(place, request, reply, { title: t.password, body, reason });
}

function showBoth(place: Place, request: FastifyRequest, reply: FastifyReply, session: Session, reason?: Reason) {
  const t = place.texts(request);
  // After a refused password the page stays at its second step.
  const second = reason !== undefined && session.claimed !== null;
  const body = html`<form method="post" action="${place.link(request, 'login')}"><input type="hidden" name="csrf" value="${session.csrf}">
    <label for="username">${t.username}</label>
    <input id="username" name="username" autocomplete="username" value="${second && session.claimed}" required>
    <div id="second"${second ? '' : html` hidden`}><label for="password">${t.password}</label>
    <input id="password" name="password" type="password" autocomplete="current-password"></div>
    <p class="error" role="alert" id="problem" hidden></p>
    <button type="submit">${second ? t.signIn : t.next}</button>
    ${script(revealPassword, { address: place.link(request, 'identify'), signIn: t.signIn })}</form>`;
  return showCard(place, request, reply, { title: t.signIn, body, reason });
}
