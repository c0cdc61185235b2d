import type { AccountBook } from './accounts.ts';
import { html } from './html.ts';
import { documentOf } from './layout.ts';
import type { Variant } from './variant.ts';

/** The page at `/`: what there is, for people. Names of accounts, never a password. */
export function indexPage(variants: readonly Variant[], accounts: AccountBook): string {
  const rows = variants.map(
    ({ id, title, exercises, entry }) =>
      html`<tr><td><a href="/${id}/${entry ?? 'login'}">${title}</a></td><td>${exercises}</td></tr>`,
  );
  const people = accounts.all().map(
    ({ username, totp, state }) => html`<tr><td>${username}</td><td>${totp ? 'with a code' : 'password only'}</td>
      <td>${state ?? 'ok'}</td><td><a href="/_practice/attempts?username=${encodeURIComponent(username)}">attempts</a></td></tr>`,
  );
  const body = html`<section class="card wide"><h1>Practice site</h1>
    <p>One small site whose logins come in many kinds. Three wrong attempts lock an account for 15 minutes.</p>
    <h2>Accounts</h2><table>${people}</table></section>
    <section class="card wide"><h2>Logins</h2><table>${rows}</table></section>`;
  return documentOf('Practice site', body);
}
