import { html } from './html.ts';
import { sendPage } from './layout.ts';
import type { Mechanism } from './variant.ts';

const PROVIDERS = ['Google', 'Apple', 'Microsoft'];

/** Offers only other people's accounts, and none of them is really there. */
export const socialOnly: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const title = place.texts(request).signIn;
    const links = PROVIDERS.map(
      (name) =>
        html`<form action="${place.link(request, 'elsewhere')}"><button class="plain">Continue with ${name}</button></form>`,
    );
    const body = html`<section class="card"><h1>${title}</h1><p class="hint">We have no passwords of our own.</p>${links}</section>`;
    return sendPage(place, request, reply, { title, body });
  });
  app.get('/elsewhere', (request, reply) => {
    const body = html`<section class="card"><h1>Not available</h1><p>This provider does not answer.</p></section>`;
    return sendPage(place, request, reply, { title: 'Not available', body, status: 503 });
  });
};

/** Nothing to sign in to: an article and a search. */
export const article: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const title = 'How a letter finds its way';
    const body = html`<form role="search" class="row" action="${place.link(request, 'login')}">
      <input type="search" name="q" aria-label="Search" placeholder="Search articles"><button class="plain">Search</button></form>
      <article><h1>${title}</h1><p>Every letter passes four pairs of hands. The first empties the box before breakfast.</p>
      <p>The second reads the address, the third carries the bag, and the fourth knows your door.</p></article>`;
    return sendPage(place, request, reply, { title, body });
  });
};
