import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccountBook, Refusal } from './accounts.ts';
import type { Approvals } from './approvals.ts';
import { queryOf } from './cookies-and-bodies.ts';
import type { Choice } from './factor-pages.ts';
import type { Journal } from './journal.ts';
import type { PasskeyBook } from './passkeys.ts';
import type { SessionTable } from './sessions.ts';
import { type Language, TEXTS, type Texts } from './texts.ts';

/** What may be asked after a right password, each on a page of its own. */
export type Step =
  | 'code'
  | 'question'
  | 'captcha'
  | 'phone'
  | 'new-password'
  | 'stay'
  | 'stay-or-leave'
  | 'consent'
  | 'terms'
  | 'passkey'
  | 'reminder'
  | 'approve'
  | 'use-passkey';

/** What stands on the page of a form login beside its two fields. */
export type Ornament =
  | 'remember'
  | 'show-password'
  | 'honeypot'
  | 'prefilled'
  | 'cookie-banner'
  | 'other-forms'
  | 'form-after-success'
  | 'floating-label'
  | 'company'
  | 'domain'
  | 'fixed-name'
  | 'trust-device'
  | 'toast'
  | 'unnamed-way-out';

/** Serves the pages of a kind of login, below `/<variant id>/`. */
export type Mechanism = (app: FastifyInstance, place: Place) => void;

/** One row of the table of variants. */
export interface Variant {
  id: string;
  title: string;
  /** What a login tool has to get right here. */
  exercises: string;
  mechanism: Mechanism;
  /** Path of the login page below the variant; `login` when left out. */
  entry?: string;
  language?: Language;
  /** Asked after the password, in this order. A code comes before them for every account that has a seed. */
  after?: readonly Step[];
  /** How a code is asked for; one box on a page of its own when left out. */
  code?: 'box' | 'six' | 'six-button' | 'with-password' | 'same-form' | 'in-frame';
  /** The second factor is chosen among several: how they are offered. */
  choice?: Choice;
  /** `rotating`: each page renews the id and kills the old one. `single`: a new login kills the others of the account. */
  session?: 'rotating' | 'single';
  /** Status of the page that shows a refusal; 401 when left out. */
  errorStatus?: 200 | 401 | 422;
  /** Every login here is refused like this, whatever the password. */
  refuses?: Refusal | { because: 'rate_limited'; seconds: number };
  /** Milliseconds the answer to a login takes; `?delay=` overrides it. */
  delayMs?: number;
  ornaments?: readonly Ornament[];
  /** Milliseconds the account page takes for who is signed in. */
  accountDelayMs?: number;
  /** Paragraphs of the account page, where they matter. */
  accountPage?: readonly string[];
}

/** What the site sends to people. */
export interface SentMessage {
  username: string;
  to: string;
  /** A code, or a link that logs in whoever opens it. */
  code: string;
}

/** What all variants share. */
export interface SiteParts {
  accounts: AccountBook;
  sessions: SessionTable;
  journal: Journal;
  /** Answers given on people's phones to sign-ins. */
  readonly approvals: Approvals;
  readonly passkeys: PasskeyBook;
  /** Hands over what the site sends: mails, SMS. */
  deliver(message: SentMessage): void;
  now: () => number;
  /** Rejects when the site closes, so that no answer holds it open. */
  wait(ms: number): Promise<void>;
}

const KEPT_IN_LINKS = ['lang', 'wording', 'delay', 'rows'];

/** A variant as it is served on a site. */
export class Place {
  readonly site: SiteParts;
  readonly variant: Variant;

  constructor(site: SiteParts, variant: Variant) {
    this.site = site;
    this.variant = variant;
  }

  language(request: FastifyRequest): Language {
    const asked = queryOf(request).lang;
    return asked !== undefined && Object.hasOwn(TEXTS, asked) ? (asked as Language) : (this.variant.language ?? 'en');
  }

  texts(request: FastifyRequest): Texts {
    return TEXTS[this.language(request)];
  }

  /** A path of this variant, with what the query says about language, delay and size. */
  link(request: FastifyRequest, path: string): string {
    const query = queryOf(request);
    const kept = new URLSearchParams();
    for (const name of KEPT_IN_LINKS) if (query[name] !== undefined) kept.set(name, query[name]);
    return `/${this.variant.id}/${path}${kept.size > 0 ? `?${kept}` : ''}`;
  }

  get entry(): string {
    return this.variant.entry ?? 'login';
  }

  /** Waits as long as this variant's answers take. */
  async takeTime(request: FastifyRequest, ownMs = 0): Promise<void> {
    const asked = Number(queryOf(request).delay);
    const ms = asked >= 0 && asked <= 60_000 ? asked : (this.variant.delayMs ?? ownMs);
    if (ms > 0) await this.site.wait(ms);
  }
}
