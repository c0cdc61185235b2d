import type { FastifyInstance } from 'fastify';
import { html } from './html.ts';
import { sendPage } from './layout.ts';
import { has } from './ornaments.ts';
import type { Place } from './variant.ts';

/** Where the links and forms beside a login lead. A credential that comes here is in the journal as a stray. */
export function sidePages(app: FastifyInstance, place: Place): void {
  const page = (method: 'GET' | 'POST', path: string, title: string, text: string) =>
    app.route({
      method,
      url: path,
      handler: (request, reply) => {
        const body = html`<section class="card"><h1>${title}</h1><p>${text}</p></section>`;
        return sendPage(place, request, reply, { title, body });
      },
    });
  if (has(place, 'remember'))
    page('GET', '/help', 'Forgot your password?', 'Write to us and we will send you a letter.');
  if (!has(place, 'other-forms')) return;
  page('GET', '/search', 'Search', 'Nothing was found.');
  page('POST', '/subscribe', 'Newsletter', 'Thank you. The next letter is on its way.');
  page('POST', '/register', 'New accounts', 'We cannot take new customers at the moment.');
}
