import type { FastifyInstance } from 'fastify';
import { enter, signedIn } from './account-pages.ts';
import * as scripts from './client/hostile-scripts.ts';
import { type Fields, fieldsOf, queryOf } from './cookies-and-bodies.ts';
import { digestedAs } from './digested-passwords.ts';
import { type FormKind, formLogin } from './form-login.ts';
import { type Html, html, raw, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Mechanism, Place } from './variant.ts';

/** How a hostile page differs from the plain form. */
interface Hostility extends Pick<FormKind, 'enter' | 'refuse'> {
  /** Runs on the login page. */
  client?: (settings: scripts.HostileSettings) => void;
  /** Stands beside the form. */
  beside?: (place: Place, foreign: string, query: Fields) => Html;
  /** Changes the form's own markup. */
  form?: (markup: string, place: Place, foreign: string) => string;
  /** Further routes. */
  routes?: (app: FastifyInstance, place: Place) => void;
}

/** The same server under another name: another origin to a browser. */
export function foreignOrigin(host: string): string {
  return `http://localhost:${host.split(':').at(-1)}`;
}

/** A form login with something wrong about it. */
export function hostileForm({ client, beside, form: change, routes, ...kind }: Hostility): Mechanism {
  return (app, place) => {
    routes?.(app, place);
    formLogin({
      ...kind,
      dress: (form, inside, request) => {
        const foreign = foreignOrigin(request.headers.host ?? '');
        const settings = { action: inside.link(request, inside.entry), foreign };
        const markup = change ? raw(change(form.text, inside, foreign)) : form;
        return html`<section class="card">${markup}</section>${beside?.(inside, foreign, queryOf(request))}${client && script(client, settings)}`;
      },
    })(app, place);
  };
}

/** The form goes to another address, which answers with a redirect that repeats it. */
export function repeatingRedirect(status: 307 | 308, where: 'same' | 'foreign'): Mechanism {
  return hostileForm({
    form: (markup) => markup.replace('/login"', '/begin"'),
    routes: (app, place) => {
      app.post('/begin', (request, reply) => {
        const origin = where === 'foreign' ? foreignOrigin(request.headers.host ?? '') : '';
        return reply.redirect(`${origin}${place.link(request, 'login')}`, status);
      });
    },
  });
}

/** A login that reads the whole submission and hangs up, as a server does that restarts. */
export const hangsUp: Mechanism = (app, place) => {
  formLogin()(app, place);
  app.addHook('preHandler', async (request, reply) => {
    if (request.method !== 'POST') return;
    place.site.journal.note(request, fieldsOf(request).username ?? '', 'password');
    reply.hijack();
    request.raw.socket.destroy();
  });
};

/** A login whose answer begins and never ends. */
export const neverEnds: Mechanism = hostileForm({
  enter: (_place, _request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    reply.raw.write('<!doctype html><title>One moment</title><p>Welcome, your account is being opened');
    return reply;
  },
});

/** A login that answers with a file. */
export const answersWithFile: Mechanism = hostileForm({
  enter: (_place, _request, reply) =>
    reply
      .headers({
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="welcome.bin"',
      })
      .send('Welcome. Log out.'),
});

/** A login that leads round in circles. */
export const leadsInCircles: Mechanism = hostileForm({
  enter: (place, request, reply, session) => {
    place.site.sessions.sendCookie(session, reply);
    return reply.redirect(place.link(request, 'round'), 303);
  },
  routes: (app, place) => {
    app.get('/round', (request, reply) => {
      const turn = Number(queryOf(request).turn ?? 0) + 1;
      return reply.redirect(`${place.link(request, 'round').split('?')[0]}?turn=${turn}`, 302);
    });
  },
});

/** Every login is answered like a success; without a session the words of a refusal come later. */
export const hopefulFirst: Mechanism = hostileForm({
  refuse: (place, request, reply) => {
    const { welcome, signOut, wrong } = place.texts(request);
    const body = html`<section class="card wide" id="hope"><h1>${welcome}</h1><p><a href="#">${signOut}</a></p></section>
      ${script(
        ({ words }: { words: string }) => {
          setTimeout(() => {
            const hope = document.querySelector('#hope');
            if (hope) hope.innerHTML = '<div role="alert" class="error"></div>';
            const alert = hope?.querySelector('[role=alert]');
            if (alert) alert.textContent = words;
          }, 900);
        },
        { words: wrong[0] ?? '' },
      )}`;
    return sendPage(place, request, reply, { title: welcome, body });
  },
});

/** A refusal that says nothing at all: the form again, with 200. */
export const refusesSilently: Mechanism = hostileForm({
  refuse: (place, request, reply) => reply.redirect(place.link(request, 'quiet'), 303),
  routes: (app, place) => {
    app.get('/quiet', (request, reply) => {
      const session = place.site.sessions.find(place.variant, request);
      if (session) session.flash = null;
      return reply.redirect(place.link(request, 'login'), 303);
    });
  },
});

/** The form lies in a frame of an origin that looks like the site's own. */
export const foreignFrame: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const foreign = foreignOrigin(request.headers.host ?? '');
    const title = place.texts(request).signIn;
    const body = html`<section class="card"><iframe src="${foreign}${place.link(request, 'frame')}" title="${title}"></iframe></section>`;
    return sendPage(place, request, reply, { title, body });
  });
  formLogin({ path: 'frame', bare: true, dress: (form) => form })(app, place);
};

/** The page sends a digest of the password; the site knows what to make of it. */
export function digestedForm(kind: { salt: string; twice: boolean }): Mechanism {
  return (app, place) => {
    app.addHook('preHandler', async (request) => {
      const { password, username } = fieldsOf(request);
      if (request.method !== 'POST' || password === undefined) return;
      const known = place.site.accounts.all().find(({ password: own }) => digestedAs(kind.salt, own) === password);
      request.body = { ...fieldsOf(request), password: known?.password ?? password, username: username ?? '' };
    });
    formLogin({
      dress: (form, inside, request) => {
        const settings = { action: inside.link(request, inside.entry), foreign: '', ...kind };
        return html`<section class="card">${form}</section>${script(scripts.sendDigest, settings)}`;
      },
    })(app, place);
  };
}

/** After a refusal the page asks for an HTTP credential in the browser's own dialog. */
export const asksNatively: Mechanism = hostileForm({
  client: scripts.askNatively,
  routes: (app, { site }) => {
    app.get('/login-native', (request, reply) => {
      if (request.headers.authorization) site.journal.note(request, 'native', 'password');
      return reply.code(401).header('www-authenticate', 'Basic realm="again"').send('Who are you?');
    });
  },
});

export const answersInWindow: Mechanism = hostileForm({
  client: scripts.answerInWindow,
  enter,
  routes: (app, place) => {
    app.get('/login-state', (request, reply) => reply.send(signedIn(place, request) ? 'in' : 'out'));
  },
});

/** A worker that would send every login twice. */
export const workerReplays: Mechanism = hostileForm({
  client: scripts.registerWorker,
  routes: (app) => {
    app.get('/login-worker.js', (_request, reply) =>
      reply.type('text/javascript').send(`addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  if (event.request.method !== 'POST') return;
  const copy = event.request.clone();
  event.respondWith(fetch(event.request).then((answer) => copy.text().then((body) => fetch(copy.url, { method: 'POST', body, headers: copy.headers })).then(() => answer)));
});`),
    );
  },
});
