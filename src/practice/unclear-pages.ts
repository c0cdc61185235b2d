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
  return html`<form class="row" action="${to('search')}"><input type="search" name="q" aria-label="Find a path"><button class="plain">Seek</button></form>
    <form method="post" action="${to('note')}"><label>A word for the hosts <input name="note"></label>
    <label>And more of them <textarea name="more"></textarea></label><button class="plain">Leave it here</button></form>
    <p><button type="button" class="plain" id="wipe">Delete my den</button> <a href="${to('logout')}">Log out</a>
    <a href="${to('fog')}">A path through the fog</a> <a href="${to('register')}">Create an account</a> <a href="${to('forgot')}">Forgot your password?</a>
    <a href="${foreignOrigin(request.headers.host ?? '')}${to('login')}">The other wood</a>
    <button type="button" class="plain">Google</button> <button type="button" class="plain">The weather today</button></p>`;
}

/** Where the temptations lead. What comes here is in the journal as a stray; the fog leads to a login elsewhere. */
function temptingPages(app: FastifyInstance, place: Place): void {
  app.get('/fog', (request, reply) =>
    reply.redirect(`${foreignOrigin(request.headers.host ?? '')}/classic/login`, 303),
  );
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

/** What the fields are called here, and what a login calls them. */
const BURROW = { burrow: 'username', acorn: 'password' };

/** Fields under names of the site's own are taken for what they are. */
function ownNames(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    const fields = fieldsOf(request);
    const taken = Object.entries(BURROW).filter(([own]) => fields[own] !== undefined);
    if (taken.length === 0) return;
    request.body = { ...fields, ...Object.fromEntries(taken.map(([own, known]) => [known, fields[own]])) };
  });
}

/** The same markup in words that mean nothing elsewhere. */
function inOwnWords(markup: string): string {
  return markup
    .replace(/<label for="username">[^<]*/, '<label for="burrow">Your burrow')
    .replace(/id="username" name="username"/, 'id="burrow" name="burrow"')
    .replace(/<label for="password">[^<]*/, '<label for="acorn">Your acorn')
    .replace(/id="password" name="password"/, 'id="acorn" name="acorn"')
    .replace(/ autocomplete="(username|current-password)"/g, '')
    .replace(/<h1>[^<]*/, '<h1>The old oak')
    .replace(/<button type="submit">[^<]*/, '<button type="submit">Hop in');
}

/** The name is asked for first, in such words; `foreign` sends it to another origin. */
export function unlabelledName({ foreign }: { foreign: boolean }): Mechanism {
  return (app, place) => {
    ownNames(app);
    app.addHook('onSend', async (request, _reply, payload) => {
      if (typeof payload !== 'string' || !payload.includes('id="username"')) return payload;
      const elsewhere = foreign ? foreignOrigin(request.headers.host ?? '') : '';
      return inOwnWords(payload).replace('<form method="post" action="', `<form method="post" action="${elsewhere}`);
    });
    identifierOnTwoPages(app, place);
  };
}

/** Name and password in such words, in a form that also asks to agree to something. */
export const unlabelledFields: Mechanism = (app, place) => {
  ownNames(app);
  formLogin({
    dress: (form) => {
      const terms =
        '<label class="inline"><input type="checkbox" name="terms"> I agree to the terms of the wood</label>';
      const markup = inOwnWords(form.text).replace('<button type="submit">', `${terms}<button type="submit">`);
      return html`<section class="card">${raw(markup)}</section>`;
    },
  })(app, place);
};

/** A text as a careless page may show it. */
function written(text: string): Html {
  const bytes = Buffer.from(text);
  const forms = [text, encodeURIComponent(text), bytes.toString('base64'), bytes.toString('hex'), JSON.stringify(text)];
  return html`<ul>${forms.map((form) => html`<li>You said ${form}</li>`)}</ul>
    <label>${text} <input name="said" id="${encodeURIComponent(text)}" placeholder="${text}"></label>
    <button type="button" class="plain" aria-label="${text}">${bytes.toString('base64')}</button>`;
}

/**
 * Answers in words of its own, on pages that look the same to everyone: neither a yes nor a no can be told. Says back what
 * was typed, in every way.
 */
export const unclearAnswer: Mechanism = (app, place) => {
  const page = (path: string, words: string): void => {
    app.get(`/${path}`, (request, reply) => {
      const said = place.site.sessions.find(place.variant, request)?.flash;
      const body = html`<section class="card wide"><h1>The old oak</h1><p>${words}</p>
        ${said && written(said)}${temptations(place, request)}</section>`;
      return sendPage(place, request, reply, { title: 'The old oak', body });
    });
  };
  page('shut', 'The door stays shut: that pair is not in our book.');
  page('hush', 'The owl has heard you.');
  const to = (path: string) => (inside: Place, request: FastifyRequest, reply: FastifyReply) => {
    const session = inside.site.sessions.find(inside.variant, request);
    if (session) session.flash = fieldsOf(request).password ?? null;
    return reply.redirect(inside.link(request, path), 303);
  };
  formLogin({ refuse: to('shut'), enter: to('hush') })(app, place);
  temptingPages(app, place);
};
