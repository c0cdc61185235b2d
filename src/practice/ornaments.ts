import type { FastifyRequest } from 'fastify';
import { showPassword, wireBanner } from './client/small-scripts.ts';
import { fieldsOf, queryOf } from './cookies-and-bodies.ts';
import { type Html, html, raw, script } from './html.ts';
import type { Ornament, Place } from './variant.ts';

/** What stands beside the two fields of a form login. */
interface Ornaments {
  inForm: Html[];
  /** Above the name. */
  above: Html[];
  /** Attributes of the name's field. */
  nameIs: Html | null;
  besidePassword: Html | null;
  prefilled: string;
  header: Html | undefined;
  around(form: Html): Html;
}

const TRAP = 'contact_email';

export function has({ variant }: Place, ornament: Ornament): boolean {
  return variant.ornaments?.includes(ornament) ?? false;
}

const FLOATING =
  raw(`<style>form{position:relative}form>label,form .row>label{position:relative;top:2.2rem;left:.7rem;z-index:1;margin:0;pointer-events:none;font-weight:400}
form>input::placeholder{color:transparent}</style>`);
export const COMPANY = 'Lindgrove North';
const DOMAINS = { 'r-17': 'Lindgrove South', 'r-18': COMPANY };

/** Whether what the page asks for beside name and password was answered rightly. */
export function answersMore(place: Place, request: FastifyRequest): boolean {
  const { company, domain } = fieldsOf(request);
  if (has(place, 'company') && company !== COMPANY) return false;
  return !has(place, 'domain') || domain === 'r-18';
}

function moreFields(place: Place): Html[] {
  const options = Object.entries(DOMAINS).map(([value, name]) => html`<option value="${value}">${name}</option>`);
  return [
    ...(has(place, 'floating-label') ? [FLOATING] : []),
    ...(has(place, 'company')
      ? [html`<label for="company">Company</label><input id="company" name="company" type="text" required>`]
      : []),
    ...(has(place, 'domain')
      ? [
          html`<label for="domain">Domain</label><select id="domain" name="domain"><option value="">Choose …</option>${options}</select>`,
        ]
      : []),
  ];
}

/** A field people cannot see was filled: that was a machine. */
export function filledTrap(place: Place, request: FastifyRequest): boolean {
  return has(place, 'honeypot') && Boolean(fieldsOf(request)[TRAP]);
}

export function ornamentsOf(place: Place, request: FastifyRequest): Ornaments {
  const inForm: Html[] = [];
  if (has(place, 'honeypot')) {
    inForm.push(html`<div class="trap" aria-hidden="true"><label for="${TRAP}">E-mail</label>
      <input id="${TRAP}" name="${TRAP}" type="text" tabindex="-1" autocomplete="off"></div>`);
  }
  if (has(place, 'remember')) {
    inForm.push(html`<label class="inline"><input type="checkbox" name="remember" value="1"> Remember me</label>
      <p><a href="${place.link(request, 'help')}">Forgot your password?</a></p>`);
  }
  return {
    inForm,
    above: moreFields(place),
    nameIs: has(place, 'fixed-name') ? raw('readonly') : null,
    besidePassword: has(place, 'show-password')
      ? html`<button type="button" class="plain" aria-label="Show password">Show</button>${script(showPassword, null)}`
      : null,
    prefilled: prefilled(place, request),
    header: has(place, 'form-after-success')
      ? html`<nav><a href="${place.link(request, 'account')}">My account</a></nav>`
      : undefined,
    around: (form) => html`${has(place, 'other-forms') ? crowd(place, request, form) : form}
      ${has(place, 'cookie-banner') && banner()}`,
  };
}

function prefilled(place: Place, request: FastifyRequest): string {
  if (has(place, 'fixed-name')) return queryOf(request).username ?? 'bob@lindgrove.test';
  const first = place.site.accounts.all()[0]?.username ?? '';
  return has(place, 'prefilled') ? (queryOf(request).username ?? first) : '';
}

/** Search above; signing up and the newsletter beside and below. */
function crowd(place: Place, request: FastifyRequest, form: Html): Html {
  return html`<form class="row" role="search" action="${place.link(request, 'search')}">
      <input type="search" name="q" aria-label="Search" placeholder="Search the shop"><button class="plain">Search</button></form>
    <div class="columns"><section class="card wide"><h2>New here?</h2>
      <form method="post" action="${place.link(request, 'register')}">
        <label for="new_email">E-mail address</label><input id="new_email" name="email" type="email" autocomplete="email">
        <label for="new_password">Choose a password</label><input id="new_password" name="new_password" type="password" autocomplete="new-password">
        <label for="new_password2">Repeat the password</label><input id="new_password2" name="new_password2" type="password" autocomplete="new-password">
        <button>Create account</button></form></section>
      <div>${form}</div></div>
    <section class="card wide"><h2>Newsletter</h2><form class="row" method="post" action="${place.link(request, 'subscribe')}">
      <input type="email" name="newsletter_email" aria-label="Your e-mail" placeholder="Your e-mail"><button class="plain">Subscribe</button></form></section>`;
}

/** Covers the whole page until it is answered; the answer is remembered by the browser. */
function banner(): Html {
  return html`<div class="banner" id="cookies" role="dialog" aria-label="Cookies"><div><h2>We use cookies</h2>
    <p>Some are needed for this site to work, others help us to improve it.</p>
    <div class="row"><button type="button" data-choice="all">Accept all</button>
    <button type="button" class="plain" data-choice="needed">Only what is needed</button></div></div></div>${script(wireBanner, 'cookie-choice')}`;
}
