import { queryOf } from './cookies-and-bodies.ts';
import { formLogin } from './form-login.ts';
import { foreignOrigin, hostileForm } from './hostile-pages.ts';
import { html, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Mechanism } from './variant.ts';

/** A refusal is an empty page with 200. */
export const refusesBlank: Mechanism = hostileForm({
  refuse: (place, request, reply) => sendPage(place, request, reply, { title: '', body: html``, bare: true }),
});

/** The login page leads round in circles and never comes to a form. */
export const circlesAtOnce: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const turn = Number(queryOf(request).turn ?? 0) + 1;
    return reply.redirect(`${place.link(request, 'login').split('?')[0]}?turn=${turn}`, 302);
  });
};

/** Where a form should be there is a file. */
export const fileAtOnce: Mechanism = (app) => {
  app.get('/login', (_request, reply) =>
    reply
      .headers({
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="login.bin"',
      })
      .send('Username Password Sign in'),
  );
};

/** Behind the password one question follows the other, each a new one, and none leads on. */
export const asksForEver: Mechanism = hostileForm({
  enter: (place, request, reply) => reply.redirect(place.link(request, 'asking'), 303),
  routes: (app, place) => {
    app.get('/asking', (request, reply) => {
      const turn = Number(queryOf(request).turn ?? 0);
      const body = html`<section class="card"><h1>Stay signed in for ${turn + 1} days?</h1>
        <form action="${place.link(request, 'asking')}"><button name="turn" value="${turn + 1}">Not now</button></form></section>`;
      return sendPage(place, request, reply, { title: 'One question', body });
    });
  },
});

/** The button opens a form at an origin that is not the site's own. */
export const foreignWindow: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const address = `${foreignOrigin(request.headers.host ?? '')}${place.link(request, 'window')}`;
    const body = html`<section class="card"><h1>Lindgrove</h1><button type="button">Sign in</button></section>
      ${script(
        ({ to }: { to: string }) => {
          document.querySelector('main button')?.addEventListener('click', () => void window.open(to, '', 'width=400'));
        },
        { to: address },
      )}`;
    return sendPage(place, request, reply, { title: 'Lindgrove', body });
  });
  formLogin({ path: 'window' })(app, place);
};

/** Beside the site's own form a window with a copy of it opens at another origin. */
export const windowBeside: Mechanism = hostileForm({
  beside: (place, foreign) =>
    script(
      ({ to }: { to: string }) => {
        if (location.hostname !== 'localhost') window.open(to, '', 'width=400');
      },
      { to: `${foreign}/${place.variant.id}/login` },
    ),
});
