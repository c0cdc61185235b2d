import { fieldsOf } from './cookies-and-bodies.ts';
import { formLogin } from './form-login.ts';
import { html } from './html.ts';
import { errorBox, sendPage } from './layout.ts';
import { COMPANY } from './ornaments.ts';
import type { Mechanism } from './variant.ts';

/** The company on a page of its own; only then the form. */
export const extraOnFirstPage: Mechanism = (app, place) => {
  const show = (words: string | null): Parameters<typeof sendPage>[3] => ({
    title: 'Find your company',
    body: html`<section class="card"><h1>Find your company</h1>${errorBox(words)}
      <form method="post"><label for="company">Company</label><input id="company" name="company" required>
      <button>Continue</button></form></section>`,
  });
  app.get('/login', (request, reply) => sendPage(place, request, reply, show(null)));
  app.post('/login', (request, reply) => {
    if (fieldsOf(request).company === COMPANY) return reply.redirect(place.link(request, 'form'), 303);
    return sendPage(place, request, reply, show('There is no such company.'));
  });
  formLogin({ path: 'form' })(app, place);
};
