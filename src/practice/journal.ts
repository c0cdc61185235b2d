import type { FastifyRequest } from 'fastify';
import type { AccountBook } from './accounts.ts';

export type SubmittedStage = 'identifier' | 'password' | 'code' | 'extra';

/** One request that carried a credential. Never the credential. */
export interface JournalEntry {
  /** ISO 8601. */
  time: string;
  method: string;
  /** Host and port the request was addressed to. */
  host: string;
  /** Without the query. */
  path: string;
  account: string;
  /** Empty: an account's password arrived where nobody had asked for it. */
  stages: SubmittedStage[];
}

/** What the site received for one account. */
export interface Attempts {
  identifier: number;
  password: number;
  code: number;
  /** Answers to anything else that was asked: security question, phone number, new password. */
  extra: number;
  /** Submissions with the field filled that people cannot see. */
  honeypot: number;
  locked: boolean;
  log: JournalEntry[];
}

/** A shorter password may be found in a text by chance. */
const SHORTEST_SEARCHED = 8;

function encodings(password: string): string[] {
  const json = JSON.stringify(password).slice(1, -1);
  const inBase64 = ['utf8', 'latin1'] as const;
  return [
    password,
    encodeURIComponent(password),
    json,
    ...inBase64.map((encoding) => Buffer.from(password, encoding).toString('base64')),
  ];
}

/** Counts what arrives, at arrival and before anything is judged, so that "one shot" is measured here. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #honeypots = new Map<string, number>();
  readonly #byRequest = new WeakMap<FastifyRequest, JournalEntry>();
  readonly #accounts: AccountBook;
  readonly #now: () => number;

  constructor(accounts: AccountBook, now: () => number) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /** Notes a submission of these stages, before anything is judged; a request is counted once, however often it is noted. */
  note(request: FastifyRequest, account: string, ...stages: SubmittedStage[]): void {
    const entry = this.#entry(request);
    entry.account = account;
    for (const stage of stages) if (!entry.stages.includes(stage)) entry.stages.push(stage);
  }

  noteHoneypot(account: string): void {
    this.#honeypots.set(account.toLowerCase(), (this.#honeypots.get(account.toLowerCase()) ?? 0) + 1);
  }

  /** Looks through a whole request for the passwords of the accounts, so that a stray one is in the log as well. */
  look(request: FastifyRequest): void {
    const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? '');
    // A body that is base64 as a whole is looked through as what it stands for.
    const text = `${request.url}\n${body}\n${Buffer.from(body, 'base64').toString('latin1')}`;
    for (const { username, password } of this.#accounts.all()) {
      if (password.length < SHORTEST_SEARCHED) continue;
      if (encodings(password).some((encoded) => text.includes(encoded))) this.#entry(request).account = username;
    }
  }

  /** Every entry of every account, in the order of arrival. */
  entries(): JournalEntry[] {
    return structuredClone(this.#entries);
  }

  attempts(username: string): Attempts {
    const name = username.toLowerCase();
    const log = this.entries().filter(({ account }) => account.toLowerCase() === name);
    const count = (stage: SubmittedStage) => log.filter(({ stages }) => stages.includes(stage)).length;
    return {
      identifier: count('identifier'),
      password: count('password'),
      code: count('code'),
      extra: count('extra'),
      honeypot: this.#honeypots.get(name) ?? 0,
      locked: this.#accounts.lockedFor(username) !== null,
      log,
    };
  }

  #entry(request: FastifyRequest): JournalEntry {
    const known = this.#byRequest.get(request);
    if (known) return known;
    const entry: JournalEntry = {
      time: new Date(this.#now()).toISOString(),
      method: request.method,
      host: request.headers.host ?? '',
      path: request.url.split('?', 1)[0] ?? '',
      account: '',
      stages: [],
    };
    this.#byRequest.set(request, entry);
    this.#entries.push(entry);
    return entry;
  }
}
