import { closedPanel, sendByScript } from './client/form-scripts.ts';
import { goTo } from './client/small-scripts.ts';
import { formLogin } from './form-login.ts';
import { html, script } from './html.ts';
import { sendPage } from './layout.ts';
import type { Mechanism } from './variant.ts';

/** The form lies in an open shadow root (declarative, so it is there without a script). */
export const shadowForm: Mechanism = formLogin({
  dress: (form) => html`<sign-in-panel><template shadowrootmode="open"><style>
    :host{display:block;max-width:25rem;margin:0 auto;background:#fff;padding:2rem;border:1px solid #d8dee5;border-radius:10px}
    label{display:block;font-weight:600;margin:.75rem 0 .25rem}input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem}
    button{font:inherit;margin-top:1rem;padding:.5rem 1.1rem;background:#14594f;color:#fff;border:0;border-radius:6px}
    .error{color:#8c1d18}</style>${form}</template></sign-in-panel>`,
});

/** The form lies in a frame of the same origin; when it is done, it takes the whole window along. */
export const framedForm: Mechanism = (app, place) => {
  app.get('/login', (request, reply) => {
    const title = place.texts(request).signIn;
    const body = html`<section class="card"><p class="hint">Please sign in to go on.</p>
      <iframe src="${place.link(request, 'frame')}" title="${title}"></iframe></section>`;
    return sendPage(place, request, reply, { title, body });
  });
  formLogin({
    path: 'frame',
    bare: true,
    dress: (form) => form,
    enter(inside, request, reply, session) {
      inside.site.sessions.sendCookie(session, reply);
      const address = inside.link(request, 'account');
      const body = html`<p>One moment …</p>${script(goTo, { address, top: true, afterMs: 0 })}`;
      return sendPage(inside, request, reply, { title: 'One moment', body, bare: true });
    },
  })(app, place);
};

/** Answers every login with the same hopeful page; only then a script finds out and goes back to the form. */
export const lateError: Mechanism = (app, place) => {
  app.get('/opening', (request, reply) => {
    const session = place.site.sessions.find(place.variant, request);
    const address = place.link(request, session?.signedIn ? 'account' : 'login');
    const { welcome } = place.texts(request);
    const body = html`<section class="card wide"><h1>${welcome}</h1><p>Your account is being opened …</p>
      ${script(goTo, { address, top: false, afterMs: 700 })}</section>`;
    return sendPage(place, request, reply, { title: welcome, body });
  });
  formLogin({
    refuse(inside, request, reply) {
      return reply.redirect(inside.link(request, 'opening'), 303);
    },
    enter(inside, request, reply, session) {
      inside.site.sessions.sendCookie(session, reply);
      return reply.redirect(inside.link(request, 'opening'), 303);
    },
  })(app, place);
};

/** When a login in a frame is done, it takes the whole window along. */
export const codeInFrame: Mechanism = formLogin({
  enter(inside, request, reply, session) {
    inside.site.sessions.sendCookie(session, reply);
    const body = html`<p>One moment …</p>${script(goTo, { address: inside.link(request, 'account'), top: true, afterMs: 0 })}`;
    return sendPage(inside, request, reply, { title: 'One moment', body, bare: true });
  },
});

/** A form three open shadow roots deep. */
export const nestedShadowForm: Mechanism = formLogin({
  dress: (form) => html`<site-shell><template shadowrootmode="open"><site-main><template shadowrootmode="open">
    <section><sign-in-panel><template shadowrootmode="open">${form}</template></sign-in-panel></section>
    </template></site-main></template></site-shell>`,
});

/** A form in a shadow root that nobody outside can look into. */
export const closedShadowForm: Mechanism = formLogin({
  dress: (form) => html`<closed-panel></closed-panel>${script(closedPanel, { markup: form.text })}`,
});

/** The form is sent by script, and a refusal shows for a moment, or only at the field. */
export function scriptedForm(refusal: 'toast' | 'invalid'): Mechanism {
  return formLogin({
    dress: (form) => html`<section class="card">${form}</section>${script(sendByScript, { refusal })}`,
  });
}
