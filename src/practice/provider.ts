import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { enter, signedIn } from './account-pages.ts';
import { sendForm, signInFromFrame, takeFromFrame } from './client/form-scripts.ts';
import { fieldsOf, queryOf, readCookie, setCookie } from './cookies-and-bodies.ts';
import { formLogin } from './form-login.ts';
import { foreignOrigin } from './hostile-pages.ts';
import { html, script } from './html.ts';
import { sendPage } from './layout.ts';
import { givePassword, statusOf, wordsOf } from './sign-in.ts';
import type { Mechanism, Place } from './variant.ts';

interface ProviderKind {
  /** How the answer comes back: in the address, or in a form that the browser posts by itself after `afterMs`. */
  answer: 'query' | 'form';
  afterMs?: number;
  /** The site's own page has a button instead of leading there at once. */
  button?: boolean;
  /** What is shown after the login stays at the address that has the answer in it. */
  stays?: boolean;
}

const SECOND = 'second';

/** Answers of the provider that were not used yet, by code. */
type Codes = Map<string, string>;

const newCode = (codes: Codes, username: string): string => {
  const code = randomBytes(16).toString('base64url');
  codes.set(code, username);
  return code;
};

/** The site's own origin; the provider is the same server under another name. */
function ownOrigin(request: FastifyRequest): string {
  return `http://127.0.0.1:${(request.headers.host ?? '').split(':').at(-1)}`;
}

/**
 * Sign-in through the site's own identity provider, which has an origin of its own. Its answer is good once. A second
 * site, below `/second`, trusts the same provider.
 */
export function throughProvider(kind: ProviderKind): Mechanism {
  return (app, place) => {
    const codes: Codes = new Map();
    app.get('/login', (request, reply) => {
      if (signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
      if (!kind.button || queryOf(request).go) return leadToProvider(place, request, reply, 'first');
      const body = html`<section class="card"><h1>Lindgrove</h1><p>Everybody signs in at one place.</p>
        <form action="${place.link(request, 'login')}"><button name="go" value="1">Sign in with Lindgrove ID</button></form></section>`;
      return sendPage(place, request, reply, { title: 'Lindgrove', body });
    });
    takeAnswers(app, place, codes, kind.stays ?? false);
    providerPages(app, place, kind, codes);
  };
}

function leadToProvider(place: Place, request: FastifyRequest, reply: FastifyReply, to: string): FastifyReply {
  const provider = foreignOrigin(request.headers.host ?? '');
  return reply.redirect(`${provider}/${place.variant.id}/provider/authorize?to=${to}`, 303);
}

/** Where the provider's answers arrive. Each is counted, so that a replay is seen. */
function takeAnswers(app: FastifyInstance, place: Place, codes: Codes, stays: boolean): void {
  const { site, variant } = place;
  const secondSessions = new Map<string, string>();
  const take = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { code = '', to } = request.method === 'POST' ? fieldsOf(request) : queryOf(request);
    const username = codes.get(code);
    site.journal.note(request, username ?? 'nobody', 'extra');
    codes.delete(code);
    if (username === undefined) {
      const body = html`<section class="card"><h1>This answer was used already</h1></section>`;
      return sendPage(place, request, reply, { title: 'Error', body, status: 400 });
    }
    if (to === SECOND) {
      const id = newCode(secondSessions, username);
      setCookie(reply, SECOND, id, { path: `/${variant.id}` });
      return reply.redirect(place.link(request, SECOND), 303);
    }
    const session = site.sessions.create(variant);
    session.username = username;
    site.sessions.signIn(session, variant);
    if (!stays) return enter(place, request, reply, session);
    site.sessions.sendCookie(session, reply);
    const body = html`<section class="card"><h1>Your orders</h1><p>Welcome, ${username}</p></section>`;
    return sendPage(place, request, reply, { title: 'Orders', body });
  };
  app.get('/callback', take);
  app.post('/callback', take);
  app.get(`/${SECOND}`, (request, reply) => {
    const username = secondSessions.get(readCookie(request, SECOND) ?? '');
    if (username === undefined) return leadToProvider(place, request, reply, SECOND);
    const body = html`<section class="card"><h1>Second site</h1><p>Welcome, ${username}</p></section>`;
    return sendPage(place, request, reply, { title: 'Second site', body });
  });
}

/** The provider asks for the password unless it knows the visitor, and answers the site that sent them. */
function providerPages(app: FastifyInstance, place: Place, kind: ProviderKind, codes: Codes): void {
  app.get('/provider/authorize', (request, reply) => {
    const to = queryOf(request).to ?? readCookie(request, 'to') ?? 'first';
    const session = signedIn(place, request);
    if (!session) {
      setCookie(reply, 'to', to, { path: `/${place.variant.id}` });
      return reply.redirect(place.link(request, 'provider/sign-in'), 303);
    }
    const code = newCode(codes, session.username ?? '');
    const address = `${ownOrigin(request)}/${place.variant.id}/callback`;
    if (kind.answer === 'query') {
      return reply.redirect(`${address}?${new URLSearchParams({ code, state: 'as-it-was', to })}`, 302);
    }
    const body = html`<form method="post" action="${address}"><input type="hidden" name="code" value="${code}">
      <input type="hidden" name="to" value="${to}"><noscript><button>Continue</button></noscript></form>
      ${script(sendForm, { afterMs: kind.afterMs ?? 0 })}`;
    return sendPage(place, request, reply, { title: 'One moment', body, bare: true });
  });
  formLogin({
    path: 'provider/sign-in',
    enter(inside, request, reply, session) {
      inside.site.sessions.sendCookie(session, reply);
      return reply.redirect(inside.link(request, 'provider/authorize'), 303);
    },
  })(app, place);
}

/** The form lies in a frame of the site's own provider, which hands the window around it what to log in with. */
export const providerInFrame: Mechanism = (app, place) => {
  const codes: Codes = new Map();
  app.get('/login', (request, reply) => {
    if (signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
    const provider = foreignOrigin(request.headers.host ?? '');
    const title = place.texts(request).signIn;
    const body = html`<section class="card"><iframe src="${provider}${place.link(request, 'panel')}" title="${title}"></iframe></section>
      ${script(takeFromFrame, { provider, address: place.link(request, 'callback') })}`;
    return sendPage(place, request, reply, { title, body });
  });
  app.get('/panel', (request, reply) => {
    const t = place.texts(request);
    const body = html`<h1>${t.signIn}</h1><div class="error" role="alert" hidden></div><form method="post">
      <label for="username">${t.username}</label><input id="username" name="username" autocomplete="username">
      <label for="password">${t.password}</label><input id="password" name="password" type="password" autocomplete="current-password">
      <button>${t.signIn}</button></form>${script(signInFromFrame, { site: ownOrigin(request) })}`;
    return sendPage(place, request, reply, { title: t.signIn, body, bare: true });
  });
  app.post('/panel', (request, reply) => {
    const { username = '', password = '' } = fieldsOf(request);
    const answer = givePassword(place, request, place.site.sessions.create(place.variant), { username, password });
    if (!('refused' in answer)) return reply.send({ code: newCode(codes, username) });
    const message = wordsOf(place.texts(request), answer.refused, request);
    return reply.code(statusOf(place, answer.refused, reply)).send({ message });
  });
  takeAnswers(app, place, codes, false);
  formLogin({ path: 'own' })(app, place);
};
