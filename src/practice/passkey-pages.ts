import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { signedIn } from './account-pages.ts';
import { askForPasskey, makePasskey, type PasskeyCalls } from './client/passkey-scripts.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { formLogin } from './form-login.ts';
import { type Html, html, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Session } from './sessions.ts';
import { passed } from './sign-in.ts';
import type { StepForm } from './step-pages.ts';
import type { Mechanism, Place } from './variant.ts';

const UNKNOWN = 'This passkey was not recognised.';
const problem = html`<p class="error" role="alert" id="passkey-problem" hidden></p>`;

function answerOf<T>(request: FastifyRequest): T {
  return JSON.parse(fieldsOf(request).answer ?? '{}') as T;
}

const calls = (
  place: Place,
  request: FastifyRequest,
  asks: PasskeyCalls['asks'],
  { waits = 0, lingers = 0 } = {},
): PasskeyCalls => ({
  begin: place.link(request, 'passkey/begin'),
  finish: place.link(request, 'passkey/finish'),
  asks,
  waits,
  lingers,
});

/**
 * A login form beside which the page takes a passkey: by a button, or by itself, `waits` milliseconds after it
 * loaded. `named`: of the name that is typed, by a page that `lingers` so many milliseconds once it was let in.
 */
export function passkeyLogin(asks: PasskeyCalls['asks'], { named = false, waits = 0, lingers = 0 } = {}): Mechanism {
  return (app, place) => {
    const dress = (form: Html, _place: Place, request: FastifyRequest): Html => html`<section class="card">${form}
      ${problem}${asks === 'button' && html`<p><button type="button" class="plain" id="passkey">Sign in with a passkey</button></p>`}
      ${script(askForPasskey, calls(place, request, asks, { waits }))}</section>`;
    if (named) nameForPasskey(app, place, lingers);
    formLogin({ dress, ...(named && { path: 'password' }) })(app, place);
    passkeyCalls(app, place, named);
    ownPasskeys(app, place);
  };
}

/** The password's form, and the passkey as a second step. */
export const passkeyAfterPassword: Mechanism = (app, place) => {
  formLogin()(app, place);
  passkeyCalls(app, place, false);
  ownPasskeys(app, place);
};

/** The step of `passkeyAfterPassword`. */
export function askPasskeyStep(place: Place, request: FastifyRequest): StepForm {
  return {
    title: 'One more step',
    fields: html`<p>Confirm that it is you.</p>${problem}<p><button type="button" id="passkey">Use your passkey</button></p>
      ${script(askForPasskey, calls(place, request, 'button'))}`,
    // The page goes on by itself; nobody gets past it by sending the form.
    judge: () => UNKNOWN,
  };
}

/** A page with nothing but the name: its passkeys are asked for. */
function nameForPasskey(app: FastifyInstance, place: Place, lingers: number): void {
  app.get('/login', (request, reply) => {
    place.site.sessions.visit(place.variant, request, reply);
    const body = html`<section class="card"><h1>Sign in</h1>${problem}<form>
      <label for="username">E-mail address</label><input id="username" name="username" autocomplete="username" required>
      <button type="button" id="passkey">Sign in with a passkey</button></form>
      <p><a href="${place.link(request, 'password')}">Use your password</a></p>
      ${script(askForPasskey, calls(place, request, 'button', { lingers }))}</section>`;
    return sendPage(place, request, reply, { title: 'Sign in', body });
  });
}

/** The calls behind a login by passkey. */
function passkeyCalls(app: FastifyInstance, place: Place, named: boolean): void {
  const { site, variant } = place;
  app.post('/passkey/begin', async (request, reply) => {
    const session = site.sessions.visit(variant, request, reply);
    const username = named ? (fieldsOf(request).username ?? '').trim() : session.username;
    if (named) site.journal.note(request, username ?? '', 'identifier');
    if (named && site.passkeys.of(username ?? '').length === 0) {
      return reply.code(404).send({ message: 'There is no passkey for this account.' });
    }
    return reply.send(await site.passkeys.ask(session, username));
  });
  app.post('/passkey/finish', async (request, reply) => {
    const session = site.sessions.visit(variant, request, reply);
    const answer = answerOf<AuthenticationResponseJSON>(request);
    const owner = site.passkeys.ownerOf(answer);
    site.journal.note(request, owner ?? '', 'code');
    const right = await site.passkeys.check(request, session, answer);
    await place.takeTime(request);
    if (!right || owner === null) return reply.code(401).send({ message: UNKNOWN });
    if (!letIn(place, session, owner)) return reply.code(401).send({ message: UNKNOWN });
    site.sessions.sendCookie(session, reply);
    return reply.send({ next: place.link(request, session.pending?.[0] ?? 'account') });
  });
}

/** A right passkey leads in, or past the step that asked for the one of this account. */
function letIn(place: Place, session: Session, owner: string): boolean {
  if (session.pending?.[0] === 'use-passkey') {
    if (owner !== session.username) return false;
    passed(place, session, 'use-passkey');
    return true;
  }
  session.username = owner;
  place.site.accounts.succeeded(owner);
  place.site.sessions.signIn(session, place.variant);
  return true;
}

/** The page where who is signed in makes a passkey. */
function ownPasskeys(app: FastifyInstance, place: Place): void {
  const { site } = place;
  app.get('/passkeys', (request, reply) => {
    if (!signedIn(place, request)) return reply.redirect(place.link(request, place.entry), 303);
    const settings = { begin: place.link(request, 'passkeys/begin'), finish: place.link(request, 'passkeys/finish') };
    const body = html`<section class="card"><h1>Passkeys</h1><p id="made"></p><button type="button" id="make">Create a passkey</button>
      ${script(makePasskey, settings)}</section>`;
    return sendPage(place, request, reply, { title: 'Passkeys', body });
  });
  app.post('/passkeys/begin', async (request, reply) => {
    const session = signedIn(place, request);
    if (!session) return reply.code(401).send({ message: 'Sign in first.' });
    return reply.send(await site.passkeys.askToMake(session));
  });
  app.post('/passkeys/finish', async (request, reply) => {
    const session = signedIn(place, request);
    if (!session) return reply.code(401).send({ message: 'Sign in first.' });
    const taken = await site.passkeys.take(request, session, answerOf<RegistrationResponseJSON>(request));
    return reply.send({ message: taken ? 'The passkey was saved.' : 'The passkey was not saved.' });
  });
}
