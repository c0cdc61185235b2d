import type { FastifyReply, FastifyRequest } from 'fastify';
import { accountPages, enter, signedIn } from './account-pages.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { type Html, html } from './html.ts';
import { errorBox, sendPage } from './layout.ts';
import { answersMore, filledTrap, has, ornamentsOf } from './ornaments.ts';
import type { Session } from './sessions.ts';
import { sidePages } from './side-pages.ts';
import { giveCode, givePassword, isOwnForm, type Reason, statusOf, wordsOf } from './sign-in.ts';
import { stepPages } from './step-pages.ts';
import type { Mechanism, Place } from './variant.ts';

/** What differs between forms that are posted by the browser itself. */
export interface FormKind {
  /** Which of the two fields are there; both when left out. */
  fields?: 'both' | 'password';
  /** Puts the form on its page. */
  dress?: (form: Html, place: Place, request: FastifyRequest) => Html;
  /** How a finished login goes on; a redirect to the account page when left out. */
  enter?: typeof enter;
  /** How a refusal is answered; the form again, with the words, when left out. */
  refuse?: (place: Place, request: FastifyRequest, reply: FastifyReply) => FastifyReply;
  /** The page is shown in a frame. */
  bare?: boolean;
  /** Where the form lies, if not on the login page itself. */
  path?: string;
}

interface FormState {
  error?: string | null;
  username?: string;
  /** What was typed comes back with a field for the code. */
  password?: string;
}

const card = (form: Html) => html`<section class="card">${form}</section>`;

/** A form with a token of the session, posted to its own address; a refusal shows the form again with the words. */
export function formLogin(kind: FormKind = {}): Mechanism {
  return (app, place) => {
    const path = `/${kind.path ?? place.entry}`;
    app.get(path, (request, reply) => {
      const stays = has(place, 'form-after-success');
      if (!stays && signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
      const session = place.site.sessions.visit(place.variant, request, reply);
      const { flash: error } = session;
      session.flash = null;
      return show(kind, place, request, reply, session, 200, { error });
    });
    app.post(path, async (request, reply) => {
      const session = place.site.sessions.visit(place.variant, request, reply);
      const { password = '', code, remember, ...others } = fieldsOf(request);
      const username = kind.fields === 'password' ? firstUsername(place) : (others.username ?? '').trim();
      const second = session.asksCode;
      place.site.journal.note(request, username, second ? 'code' : 'password');
      const refuse = (reason: Reason) => {
        const error = wordsOf(place.texts(request), reason, request);
        session.flash = kind.refuse ? error : null;
        if (kind.refuse) return kind.refuse(place, request, reply);
        return show(kind, place, request, reply, session, statusOf(place, reason, reply), { error, username });
      };
      if (!isOwnForm(session, request)) return refuse({ because: 'stale_form' });
      if (filledTrap(place, request)) {
        place.site.journal.noteHoneypot(username);
        return refuse({ because: 'wrong' });
      }
      if (!answersMore(place, request)) return refuse({ because: 'wrong' });
      const withCode = place.variant.code === 'with-password' ? { code: code ?? '' } : {};
      const given = { username, password, remember: remember !== undefined, ...withCode };
      const answer = second
        ? giveCode(place, request, session, code ?? '')
        : givePassword(place, request, session, given);
      session.asksCode = place.variant.code === 'same-form' && 'next' in answer && answer.next === 'code';
      await place.takeTime(request);
      if ('refused' in answer) return refuse(answer.refused);
      if (session.asksCode) return show(kind, place, request, reply, session, 200, { username, password });
      if (answer.next) return reply.redirect(place.link(request, answer.next), 303);
      if (!has(place, 'form-after-success')) return (kind.enter ?? enter)(place, request, reply, session);
      place.site.sessions.sendCookie(session, reply);
      return show(kind, place, request, reply, session);
    });
    stepPages(app, place, kind);
    accountPages(app, place);
    sidePages(app, place);
  };
}

/** Whose door it is where no name is asked: the first account's. */
export function firstUsername({ site }: Place): string {
  return site.accounts.all()[0]?.username ?? '';
}

function show(
  kind: FormKind,
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  status = 200,
  state: FormState = {},
): FastifyReply {
  const title = place.texts(request).signIn;
  const { around, header } = ornamentsOf(place, request);
  const form = (kind.dress ?? card)(loginForm(kind, place, request, session, state), place, request);
  return sendPage(place, request, reply, { title, status, body: around(form), header, bare: kind.bare ?? false });
}

function loginForm(
  { fields = 'both', path }: FormKind,
  place: Place,
  request: FastifyRequest,
  session: Session,
  { error, username, password }: FormState,
): Html {
  const t = place.texts(request);
  const { inForm, above, nameIs, besidePassword, prefilled } = ornamentsOf(place, request);
  const name = html`<label for="username">${t.username}</label>
    <input id="username" name="username" type="text" autocomplete="username" value="${username ?? prefilled}" placeholder="${t.username}" required ${nameIs}>`;
  const code = html`<label for="code">${t.code}</label>
    <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="8">`;
  return html`<h1>${t.signIn}</h1>${errorBox(error)}
    <form method="post" action="${place.link(request, path ?? place.entry)}">
    <input type="hidden" name="csrf" value="${session.csrf}">
    ${above}${fields === 'both' && name}
    <label for="password">${t.password}</label>
    <div class="row"><input id="password" name="password" type="password" autocomplete="current-password" value="${password ?? ''}" required>${besidePassword}</div>
    ${(place.variant.code === 'with-password' || session.asksCode) && code}${inForm}
    <button type="submit">${t.signIn}</button></form>`;
}
