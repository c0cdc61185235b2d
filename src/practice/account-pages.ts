import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Html, html } from './html.ts';
import { sendPage } from './layout.ts';
import { has } from './ornaments.ts';
import type { Session } from './sessions.ts';
import { isOwnForm } from './sign-in.ts';
import type { Place } from './variant.ts';

/** The pages behind a cookie login: account, orders, settings and the way out. Others are sent to the login page. */
export function accountPages(app: FastifyInstance, place: Place): void {
  const pages: Record<string, (request: FastifyRequest, name: string) => { title: string; body: Html }> = {
    account: (request, name) => accountPage(place, request, name),
    orders: () => ({
      title: 'Orders',
      body: html`<table><tr><th>Order</th><th>Date</th><th>State</th></tr>
        <tr><td>20417</td><td>3 November</td><td>Delivered</td></tr><tr><td>20391</td><td>12 October</td><td>Delivered</td></tr></table>`,
    }),
    settings: () => ({ title: 'Settings', body: html`<p>Letters are sent on the first of each month.</p>` }),
  };
  for (const [path, page] of Object.entries(pages)) {
    app.get(`/${path}`, async (request, reply) => {
      const session = signedIn(place, request);
      if (!session) return reply.redirect(place.link(request, place.entry), 303);
      if (path === 'account') await place.site.wait(place.variant.accountDelayMs ?? 0);
      if (place.variant.session === 'rotating') place.site.sessions.rotate(session, reply);
      const { title, body } = page(request, nameOf(place, session));
      const card = html`<section class="card wide"><h1>${title}</h1>${body}</section>`;
      return sendPage(place, request, reply, { title, body: card, header: accountHeader(place, request, session) });
    });
  }
  app.get('/', (request, reply) => reply.redirect(place.link(request, 'account'), 303));
  app.post('/logout', (request, reply) => {
    const session = signedIn(place, request);
    if (session && !isOwnForm(session, request)) return reply.code(403).send('This form has expired.');
    if (session) place.site.sessions.end(session);
    return reply.redirect(place.link(request, place.entry), 303);
  });
}

/** The session of the request if its login is complete. */
export function signedIn(place: Place, request: FastifyRequest): Session | null {
  const session = place.site.sessions.find(place.variant, request);
  return session?.signedIn ? session : null;
}

export function nameOf({ site }: Place, session: Session): string {
  return site.accounts.get(session.username ?? '')?.displayName ?? session.username ?? '';
}

/** Sends the visitor where a finished login leads, with the session's new cookie. */
export function enter(place: Place, request: FastifyRequest, reply: FastifyReply, session: Session): FastifyReply {
  place.site.sessions.sendCookie(session, reply);
  return reply.redirect(place.link(request, 'account'), 303);
}

function accountPage(place: Place, request: FastifyRequest, name: string): { title: string; body: Html } {
  const { welcome, account } = place.texts(request);
  const paragraphs = place.variant.accountPage ?? [
    'Your next delivery comes on Thursday.',
    'You have no open invoices.',
  ];
  return {
    title: account,
    body: html`<p>${welcome}, ${name}</p>${paragraphs.map((text) => html`<p>${text}</p>`)}`,
  };
}

function accountHeader(place: Place, request: FastifyRequest, session: Session): Html {
  const link = (path: string, text: string) => html`<a href="${place.link(request, path)}">${text}</a>`;
  const { account, signOut } = place.texts(request);
  return html`<nav>${link('account', account)}${link('orders', 'Orders')}${link('settings', 'Settings')}</nav>
    <form method="post" action="${place.link(request, 'logout')}"><span>${nameOf(place, session)}</span>
    <input type="hidden" name="csrf" value="${session.csrf}"><button>${has(place, 'unnamed-way-out') ? 'Continue' : signOut}</button></form>`;
}
