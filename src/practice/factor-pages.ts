import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PracticeAccount } from './accounts.ts';
import { fieldsOf, queryOf } from './cookies-and-bodies.ts';
import { type Html, html } from './html.ts';
import { sendPage } from './layout.ts';
import type { Session } from './sessions.ts';
import { isOwnForm, sendCode } from './sign-in.ts';
import type { Language } from './texts.ts';
import type { Place } from './variant.ts';

const WAYS = ['text', 'email', 'app', 'recovery'] as const;
/** A second factor as the site offers it. */
export type Way = (typeof WAYS)[number];

/** How the ways are offered. `other` and `tabs` begin with a text message; the rest ask first. */
export type Choice = 'links' | 'buttons' | 'radios' | 'other' | 'tabs';

interface Words {
  title: string;
  /** The ways as they are offered; what is sent goes to half of an address or number. */
  ways: Record<Way, string>;
  /** What the page for the code says. */
  hints: Record<Exclude<Way, 'recovery'>, string>;
  goOn: string;
  other: string;
}

const NUMBER = '+49 ••• •• 12';

const en: Words = {
  title: 'Verify your identity',
  ways: {
    text: `Text a code to ${NUMBER}`,
    email: 'E-mail a code to l•••@lindgrove.test',
    app: 'Use your authenticator app',
    recovery: 'Enter a backup code',
  },
  hints: {
    text: `We sent a text message with a code to ${NUMBER}.`,
    email: 'We sent a code to your e-mail address.',
    app: 'Open your authenticator app and enter the code it shows.',
  },
  goOn: 'Continue',
  other: 'Try another way',
};

const WORDS: Partial<Record<Language, Words>> = {
  en,
  de: {
    title: 'Bestätigen Sie Ihre Identität',
    ways: {
      text: `Code per SMS an ${NUMBER} senden`,
      email: 'Code per E-Mail an l•••@lindgrove.test senden',
      app: 'Authentifizierungs-App verwenden',
      recovery: 'Wiederherstellungscode eingeben',
    },
    hints: {
      text: `Wir haben einen Code per SMS an ${NUMBER} gesendet.`,
      email: 'Wir haben einen Code an Ihre E-Mail-Adresse gesendet.',
      app: 'Öffnen Sie Ihre Authentifizierungs-App und geben Sie den angezeigten Code ein.',
    },
    goOn: 'Weiter',
    other: 'Andere Methode wählen',
  },
  fr: {
    title: 'Choisissez une méthode de vérification',
    ways: {
      text: `Recevoir un SMS au ${NUMBER}`,
      email: 'Recevoir un code par e-mail à l•••@lindgrove.test',
      app: "Application d'authentification",
      recovery: 'Code de secours',
    },
    hints: {
      text: `Un code a été envoyé par SMS au ${NUMBER}.`,
      email: 'Un code a été envoyé à votre adresse e-mail.',
      app: "Ouvrez votre application d'authentification et saisissez le code affiché.",
    },
    goOn: 'Continuer',
    other: 'Essayer une autre méthode',
  },
  ja: {
    title: '本人確認',
    ways: {
      text: 'SMS で受け取る',
      email: 'メールで受け取る',
      app: '認証アプリを使う',
      recovery: 'バックアップコードを使う',
    },
    hints: {
      text: `${NUMBER} に SMS でコードを送信しました。`,
      email: 'メールアドレスにコードを送信しました。',
      app: '認証アプリに表示されるコードを入力してください。',
    },
    goOn: '次へ',
    other: '別の方法を試す',
  },
};

const wordsFor = (place: Place, request: FastifyRequest): Words => WORDS[place.language(request)] ?? en;

/** The one way by which a code of the account can be right. */
export function wayOf(account: PracticeAccount | null): Way {
  if (account?.codeTo === undefined) return 'app';
  return account.codeTo.includes('@') ? 'email' : 'text';
}

/** The way a session is asked for; null: it has to choose first. Without a choice it is the account's own. */
export function chosenWay({ site, variant }: Place, session: Session): Way | null {
  if (variant.choice === undefined) return wayOf(site.accounts.get(session.username ?? ''));
  return session.way ?? (variant.choice === 'other' || variant.choice === 'tabs' ? 'text' : null);
}

/** What stands above the code's field, and below its form. */
export function besideCode(
  place: Place,
  request: FastifyRequest,
  session: Session,
): { hint: Html; below: Html | null } {
  const words = wordsFor(place, request);
  const way = chosenWay(place, session);
  const hint = html`<p class="hint">${words.hints[way === 'text' || way === 'email' ? way : 'app']}</p>`;
  const { choice } = place.variant;
  if (choice === 'tabs') return { hint: html`${links(place, request, words)}${hint}`, below: null };
  const other = html`<p><a href="${place.link(request, 'ways')}">${words.other}</a></p>`;
  return { hint, below: choice === 'other' ? other : null };
}

function toWay(place: Place, request: FastifyRequest, way: Way): string {
  const address = new URL(place.link(request, 'way'), 'http://localhost');
  address.searchParams.set('to', way);
  return `${address.pathname}${address.search}`;
}

const links = (place: Place, request: FastifyRequest, words: Words): Html =>
  html`<ul>${WAYS.map((way) => html`<li><a href="${toWay(place, request, way)}">${words.ways[way]}</a></li>`)}</ul>`;

function offer(place: Place, request: FastifyRequest, session: Session): Html {
  const words = wordsFor(place, request);
  const { choice } = place.variant;
  if (choice !== 'buttons' && choice !== 'radios') return links(place, request, words);
  const own = WAYS.map((way) =>
    choice === 'buttons'
      ? html`<p><button name="to" value="${way}">${words.ways[way]}</button></p>`
      : html`<p><label class="inline"><input type="radio" name="to" value="${way}" ${way === 'text' && html`checked`}> ${words.ways[way]}</label></p>`,
  );
  return html`<form method="post" action="${place.link(request, 'way')}"><input type="hidden" name="csrf" value="${session.csrf}">
    ${own}${choice === 'radios' && html`<button type="submit">${words.goOn}</button>`}</form>`;
}

/** The page that offers the ways. */
export function showWays(place: Place, request: FastifyRequest, reply: FastifyReply, session: Session): FastifyReply {
  const { title } = wordsFor(place, request);
  const body = html`<section class="card"><h1>${title}</h1>${offer(place, request, session)}</section>`;
  return sendPage(place, request, reply, { title, body });
}

/** The pages of the choice. Choosing what the account does not have leads to a page for a code that goes elsewhere. */
export function factorPages(app: FastifyInstance, place: Place): void {
  if (place.variant.choice === undefined) return;
  const waiting = (request: FastifyRequest): Session | null => {
    const session = place.site.sessions.find(place.variant, request);
    return session?.pending?.[0] === 'code' ? session : null;
  };
  const take = (request: FastifyRequest, reply: FastifyReply, named: string | undefined): FastifyReply => {
    const session = waiting(request);
    const way = WAYS.find((known) => known === named);
    if (!session || !way) return reply.redirect(place.link(request, place.entry), 303);
    if (way === 'recovery') return reply.redirect(place.link(request, 'recovery'), 303);
    session.way = way;
    if (way !== 'app' && way === wayOf(place.site.accounts.get(session.username ?? ''))) {
      sendCode(place, session.username ?? '');
    }
    return reply.redirect(place.link(request, 'code'), 303);
  };
  app.get('/ways', (request, reply) => {
    const session = waiting(request);
    return session ? showWays(place, request, reply, session) : reply.redirect(place.link(request, place.entry), 303);
  });
  app.get('/way', (request, reply) => take(request, reply, queryOf(request).to));
  app.post('/way', (request, reply) => {
    const session = waiting(request);
    return take(request, reply, session && isOwnForm(session, request) ? fieldsOf(request).to : undefined);
  });
}
