import { signedIn } from './account-pages.ts';
import { openWindow, tellOpener } from './client/form-scripts.ts';
import { formLogin } from './form-login.ts';
import { html, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Mechanism } from './variant.ts';

/** The form opens in a window of its own, which tells the page that opened it and closes. */
export const popUpForm: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    if (signedIn(place, request)) return reply.redirect(place.link(request, 'account'), 303);
    const { signIn } = place.texts(request);
    const settings = { form: place.link(request, 'window'), account: place.link(request, 'account') };
    const body = html`<section class="card"><h1>Lindgrove</h1><p>Letters, parcels and everything between.</p>
      <button type="button">${signIn}</button>${script(openWindow, settings)}</section>`;
    return sendPage(place, request, reply, { title: 'Lindgrove', body });
  });
  formLogin({
    path: 'window',
    bare: true,
    enter(inside, request, reply, session) {
      inside.site.sessions.sendCookie(session, reply);
      return sendPage(inside, request, reply, { title: 'Done', body: script(tellOpener, null), bare: true });
    },
  })(app, place);
};
