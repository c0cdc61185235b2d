import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accountPages, enter } from './account-pages.ts';
import { neverRest } from './client/hostile-scripts.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { type Html, html, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Session } from './sessions.ts';
import { givePassword, isOwnForm } from './sign-in.ts';
import type { Mechanism, Place } from './variant.ts';

type Answer = (
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  right: boolean,
) => FastifyReply;

/** A plain form; `answer` says what a submission leads to. The pages it leads to show to who has the cookie only. */
function answering(answer: Answer, pages: (app: FastifyInstance, place: Place) => void): Mechanism {
  return (app, place) => {
    const { site, variant } = place;
    app.get('/login', (request, reply) => {
      const session = site.sessions.visit(variant, request, reply);
      const t = place.texts(request);
      const body = html`<section class="card"><h1>${t.signIn}</h1><form method="post" action="${place.link(request, 'login')}">
        <input type="hidden" name="csrf" value="${session.csrf}"><label for="username">${t.username}</label>
        <input id="username" name="username" autocomplete="username" required><label for="password">${t.password}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>
        <button type="submit">${t.signIn}</button></form></section>`;
      return sendPage(place, request, reply, { title: t.signIn, body });
    });
    app.post('/login', (request, reply) => {
      const session = site.sessions.visit(variant, request, reply);
      if (!isOwnForm(session, request)) return reply.redirect(place.link(request, 'login'), 303);
      const { username = '', password = '' } = fieldsOf(request);
      const given = givePassword(place, request, session, { username, password });
      session.claimed = username;
      return answer(place, request, reply, session, !('refused' in given));
    });
    pages(app, place);
  };
}

const toLogin = (place: Place, request: FastifyRequest, reply: FastifyReply) =>
  reply.redirect(place.link(request, 'login'), 303);

/** After any submission a step in words that nobody knows, in a field without a form; it never ends. */
export const unknownStep = answering(
  (place, request, reply, session) => {
    // A right password has given the session a new id.
    place.site.sessions.sendCookie(session, reply);
    return reply.redirect(place.link(request, 'gate'), 303);
  },
  (app, place) => {
    app.get('/gate', (request, reply) => {
      const session = place.site.sessions.find(place.variant, request);
      if (!session?.claimed) return toLogin(place, request, reply);
      const body = html`<section class="card"><h1>The gate</h1><p>Give the sentry the word of the day, ${session.claimed}.</p>
        <p><input aria-label="Word of the day"></p><p><a href="${place.link(request, 'map')}">The map</a> <a href="${place.link(request, 'hours')}">Hours</a></p></section>`;
      return sendPage(place, request, reply, { title: 'The gate', body });
    });
  },
);

/** A refusal in words that nobody knows, with the name in it, on a page of its own. */
export const namedRefusal = answering(
  (place, request, reply, session, right) =>
    right ? enter(place, request, reply, session) : reply.redirect(place.link(request, 'book'), 303),
  (app, place) => {
    app.get('/book', (request, reply) => {
      const session = place.site.sessions.find(place.variant, request);
      if (!session?.claimed) return toLogin(place, request, reply);
      const body = html`<section class="card"><h1>The book</h1><p>${session.claimed}, that pair is not in our book.</p>
        <p><a href="${place.link(request, 'login')}">Turn the page back</a></p></section>`;
      return sendPage(place, request, reply, { title: 'The book', body });
    });
    accountPages(app, place);
  },
);

/**
 * A refusal in words that nobody knows, on a page that shows its way out to everybody. To who has no session the same
 * address shows `strangers` besides, or instead.
 */
const refusalFor = (strangers: (page: Html) => Html): Mechanism =>
  answering(
    (place, request, reply, session, right) =>
      right ? enter(place, request, reply, session) : reply.redirect(place.link(request, 'hall'), 303),
    (app, place) => {
      app.get('/hall', (request, reply) => {
        const session = place.site.sessions.find(place.variant, request);
        const page = html`<section class="card"><h1>The hall</h1><p>That pair is not in our book.</p>
          <p><a href="${place.link(request, 'map')}">The map</a> <a href="${place.link(request, 'logout')}">Log out</a></p></section>`;
        return sendPage(place, request, reply, { title: 'The hall', body: session?.claimed ? page : strangers(page) });
      });
      accountPages(app, place);
    },
  );

/** Strangers are shown the same, on a page that never rests: what it shows cannot be read. */
export const stuckForStrangers = refusalFor((page) => html`${page}${script(neverRest, null)}`);

/** Strangers are shown nothing, with 200. */
export const blankForStrangers = refusalFor(() => html`<style>body > * { display: none !important }</style>`);
