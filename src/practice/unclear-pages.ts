import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { openFromTemplate, sendByHand } from './client/unclear-scripts.ts';
import { fieldsOf } from './cookies-and-bodies.ts';
import { formLogin } from './form-login.ts';
import { foreignOrigin } from './hostile-pages.ts';
import { type Html, html, raw, script } from './html.ts';
import { identifierOnTwoPages } from './identifier-first.ts';
import { sendPage } from './layout.ts';
import type { Mechanism, Place } from './variant.ts';

/** Whatever on a page must not be touched, in one place. */
function temptations(place: Place, request: FastifyRequest): Html {
  const to = (path: string) => place.link(request, path);
  return html`<form class="row" action="${to('search')}"><input type="search" name="q" aria-label="Find a path"><button class="plain">Find</button></form>
    <form method="post" action="${to('note')}"><label>A word for the hosts <input name="note"></label>
    <label>And more of them <textarea name="more"></textarea></label><button class="plain">Leave it here</button></form>
    <p><button type="button" class="plain" id="wipe">Delete my den</button> <a href="${to('logout')}">Log out</a>
    <a href="${to('register')}">Create an account</a> <a href="${to('forgot')}">Forgot your password?</a>
    <a href="${foreignOrigin(request.headers.host ?? '')}${to('login')}">The other wood</a>
    <button type="button" class="plain">Google</button> <button type="button" class="plain">The weather today</button></p>`;
}

/** Where the temptations lead. What comes here is in the journal as a stray. */
function temptingPages(app: FastifyInstance, place: Place): void {
  for (const path of ['search', 'note', 'logout', 'register', 'forgot']) {
    app.route({
      method: path === 'note' ? 'POST' : 'GET',
      url: `/${path}`,
      handler: (request, reply) => {
        place.site.journal.note(request, `tempted by ${path}`, 'extra');
        return sendPage(place, request, reply, { title: 'Here', body: html`<p>You should not be here.</p>` });
      },
    });
  }
}

/** Nothing to type into until something is clicked that is a button only to the eye. */
export const unlabelledOpener: Mechanism = (app, place) => {
  formLogin({
    dress: (form, inside, request) => html`<section class="card">
      <p>The wood is quiet tonight.</p>
      <div id="hearth" style="cursor:pointer;padding:1rem;background:#dde">Come to the hearth</div>
      <template id="nook">${form}</template>${script(openFromTemplate, null)}</section>
      ${temptations(inside, request)}`,
  })(app, place);
  // The account pages have a way out of their own, by POST.
  temptingPages(app, place);
};

/** Fields that are plainly a login, and nothing that plainly sends them. */
export const unlabelledSender: Mechanism = formLogin({
  dress: (form, inside, request) => {
    const markup = form.text
      .replace(/<form[^>]*>/, '<div class="burrow">')
      .replace('</form>', '</div>')
      .replace(
        /<button type="submit">[^<]*<\/button>/,
        `<div id="decoy" style="cursor:pointer">Count the stars</div>
        <div id="lantern" style="cursor:pointer;background:#dde;padding:1rem">Light the lantern</div>`,
      );
    const action = inside.link(request, inside.entry);
    return html`<section class="card">${raw(markup)}${script(sendByHand, { action })}</section>`;
  },
});

/** The name is asked for in words that mean nothing elsewhere; `foreign` sends it to another origin. */
export function unlabelledName({ foreign }: { foreign: boolean }): Mechanism {
  return (app, place) => {
    app.addHook('preHandler', async (request) => {
      const fields = fieldsOf(request);
      if (fields.burrow !== undefined) request.body = { ...fields, username: fields.burrow };
    });
    app.addHook('onSend', async (request, _reply, payload) => {
      if (typeof payload !== 'string' || !payload.includes('id="username"')) return payload;
      const elsewhere = foreign ? foreignOrigin(request.headers.host ?? '') : '';
      return payload
        .replace(/<label for="username">[^<]*/, '<label for="burrow">Your burrow')
        .replace('id="username" name="username" autocomplete="username"', 'id="burrow" name="burrow"')
        .replace(/<h1>[^<]*/, '<h1>The old oak')
        .replace('<form method="post" action="', `<form method="post" action="${elsewhere}`)
        .replace(/<button type="submit">[^<]*/, '<button type="submit">Hop in');
    });
    identifierOnTwoPages(app, place);
  };
}

/** Answers in words of its own, on pages that look the same to everyone: neither a yes nor a no can be told. */
export const unclearAnswer: Mechanism = (app, place) => {
  const page = (path: string, words: string): void => {
    app.get(`/${path}`, (request, reply) => {
      const body = html`<section class="card wide"><h1>The old oak</h1><p>${words}</p>${temptations(place, request)}</section>`;
      return sendPage(place, request, reply, { title: 'The old oak', body });
    });
  };
  page('shut', 'The door stays shut: that pair is not in our book.');
  page('hush', 'The owl has heard you.');
  const to = (path: string) => (inside: Place, request: FastifyRequest, reply: FastifyReply) =>
    reply.redirect(inside.link(request, path), 303);
  formLogin({ refuse: to('shut'), enter: to('hush') })(app, place);
  temptingPages(app, place);
};
