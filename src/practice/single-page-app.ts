import type { FastifyReply, FastifyRequest } from 'fastify';
import { nameOf, signedIn } from './account-pages.ts';
import { type AppSettings, singlePageApp } from './client/app-script.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { html, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Session } from './sessions.ts';
import { type Answer, giveCode, givePassword, statusOf, wordsOf } from './sign-in.ts';
import type { Mechanism } from './variant.ts';

type AppKind = Pick<AppSettings, 'store' | 'modal' | 'navigate'>;

const RENDER_MS = 150;
const ANSWER_MS = 300;

/** An empty page and a script that draws the form, talks JSON and keeps the session where `store` says. */
export function appLogin(kind: AppKind): Mechanism {
  return (app, place) => {
    const { site, variant } = place;
    const shell = (request: FastifyRequest, reply: FastifyReply) => {
      const t = place.texts(request);
      const settings: AppSettings = {
        ...kind,
        base: `/${variant.id}`,
        query: queryText(request),
        renderMs: RENDER_MS,
        texts: { ...t },
      };
      const body = html`<div id="root"></div>${script(singlePageApp, settings)}`;
      return sendPage(place, request, reply, {
        title: t.signIn,
        body,
        header: html`<nav></nav><div id="corner"></div>`,
      });
    };
    for (const path of ['/', '/login', '/account']) app.get(path, shell);

    // A half-finished login is known by a ticket, the cookie's store by a cookie: both are the session's id.
    const answerWith = (request: FastifyRequest, reply: FastifyReply, session: Session, answer: Answer) => {
      if ('refused' in answer) {
        const message = wordsOf(place.texts(request), answer.refused, request);
        return reply.code(statusOf(place, answer.refused, reply)).send({ message });
      }
      if (kind.store === 'cookie') site.sessions.sendCookie(session, reply);
      if (answer.next) return reply.send({ next: answer.next, ticket: session.id });
      return reply.send(kind.store === 'cookie' ? {} : { token: session.id });
    };
    app.post('/api/login', async (request, reply) => {
      const { username = '', password = '' } = fieldsOf(request);
      const session = site.sessions.create(variant);
      const answer = givePassword(place, request, session, { username: username.trim(), password });
      if ('refused' in answer) site.sessions.end(session);
      await place.takeTime(request, ANSWER_MS);
      return answerWith(request, reply, session, answer);
    });
    app.post('/api/code', async (request, reply) => {
      const session = site.sessions.find(variant, request);
      if (session?.pending?.[0] !== 'code') return reply.code(401).send({ message: 'Please sign in again.' });
      const answer = giveCode(place, request, session, fieldsOf(request).code ?? '');
      await place.takeTime(request, ANSWER_MS);
      return answerWith(request, reply, session, answer);
    });
    app.get('/api/me', (request, reply) => {
      const session = signedIn(place, request);
      if (!session) return reply.code(401).send({ message: 'Please sign in.' });
      return reply.send({ username: session.username, name: nameOf(place, session) });
    });
    app.post('/api/logout', (request, reply) => {
      const session = signedIn(place, request);
      if (session) site.sessions.end(session);
      return reply.send({});
    });
  };
}

function queryText(request: FastifyRequest): string {
  return new URL(request.url, 'http://localhost').search;
}
