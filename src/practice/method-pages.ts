import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fieldsOf } from './cookies-and-bodies.ts';
import { formLogin } from './form-login.ts';
import { type Html, html } from './html.ts';
import { identifierOnPages } from './identifier-first.ts';
import { sendPage } from './layout.ts';
import { isOwnForm } from './sign-in.ts';
import type { Mechanism, Place } from './variant.ts';

const card = (place: Place, request: FastifyRequest, reply: FastifyReply, title: string, body: Html): FastifyReply =>
  sendPage(place, request, reply, { title, body: html`<section class="card"><h1>${title}</h1>${body}</section>` });

/** Ways in other than the password. None of them is really there. */
function otherWays(app: FastifyInstance, place: Place): void {
  app.get('/elsewhere', (request, reply) =>
    card(place, request, reply, 'Not available', html`<p>This way is closed.</p>`),
  );
}

function methodList(app: FastifyInstance, place: Place, path: string, password: string): void {
  app.get(path, (request, reply) => {
    const link = (to: string, text: string) => html`<p><a href="${place.link(request, to)}">${text}</a></p>`;
    const ways = [
      link('elsewhere', 'Use a passkey'),
      link('elsewhere', 'E-mail me a sign-in link'),
      link(password, 'Use your password'),
      link('elsewhere', 'Forgot your password?'),
    ];
    return card(place, request, reply, 'How would you like to sign in?', html`${ways}`);
  });
}

/** The name, then a list of ways in. */
export const methodAfterName: Mechanism = (app, place) => {
  identifierOnPages({ next: 'methods' })(app, place);
  methodList(app, place, '/methods', 'password');
  otherWays(app, place);
};

/** The name, then a page that waits for a passkey and hides the other ways behind a link. */
export const anotherWay: Mechanism = (app, place) => {
  identifierOnPages({ next: 'passkey' })(app, place);
  app.get('/passkey', (request, reply) => {
    const body = html`<p>Your device will ask for your fingerprint, face or screen lock.</p>
      <form action="${place.link(request, 'elsewhere')}"><button>Continue</button></form>
      <p><a href="${place.link(request, 'methods')}">Try another way</a></p>`;
    return card(place, request, reply, 'Use your passkey', body);
  });
  methodList(app, place, '/methods', 'password');
  otherWays(app, place);
};

/** The name, then a code that was sent by e-mail, which nobody reads; the password stands beside it. */
export const codeOrPassword: Mechanism = (app, place) => {
  identifierOnPages({ next: 'mailed-code' })(app, place);
  app.get('/mailed-code', (request, reply) => {
    const body = html`<p>We sent a code to your e-mail address.</p>
      <form method="post" action="${place.link(request, 'mailed-code')}"><label for="code">Verification code</label>
      <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6"><button>Verify</button></form>
      <p><a href="${place.link(request, 'password')}">Use password instead</a></p>`;
    return card(place, request, reply, 'Check your e-mail', body);
  });
};

/** The front page offers other people's accounts and, last, the password. */
export const passwordAmongOthers: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const link = (to: string, text: string) => html`<p><a href="${place.link(request, to)}">${text}</a></p>`;
    const ways = html`${link('elsewhere', 'Continue with Google')}${link('elsewhere', 'Continue with Apple')}
      ${link('form', 'Continue with password')}`;
    return card(place, request, reply, 'Welcome to Lindgrove', ways);
  });
  formLogin({ path: 'form' })(app, place);
  otherWays(app, place);
};

/** A list of accounts to choose from, then the password. `strangers`: the wanted one is not among them. */
export function accountChooser({ strangers }: { strangers: boolean }): Mechanism {
  return (app, place) => {
    const { sessions, accounts } = place.site;
    app.get('/login', (request, reply) => {
      const session = sessions.visit(place.variant, request, reply);
      const known = strangers ? [{ username: 'bob@lindgrove.test', displayName: 'Bob' }] : accounts.all().toReversed();
      const rows = known.map(
        ({ username, displayName }) =>
          html`<p><button name="account" value="${username}">${displayName} ${username}</button></p>`,
      );
      const body = html`<form method="post" action="${place.link(request, 'login')}">
        <input type="hidden" name="csrf" value="${session.csrf}">${rows}</form>
        <p><a href="${place.link(request, 'name')}">Use another account</a></p>`;
      return card(place, request, reply, 'Choose an account', body);
    });
    app.post('/login', (request, reply) => {
      const session = sessions.visit(place.variant, request, reply);
      if (isOwnForm(session, request))
        session.claimed = accounts.get(fieldsOf(request).account ?? '')?.username ?? null;
      return reply.redirect(place.link(request, session.claimed === null ? 'login' : 'password'), 303);
    });
    identifierOnPages({ path: 'name' })(app, place);
  };
}
