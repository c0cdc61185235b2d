import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyServerFactory, type FastifyServerFactoryHandler } from 'fastify';
import { AccountBook, type PracticeAccount } from './accounts.ts';
import { Approvals } from './approvals.ts';
import { parseBodies, queryOf } from './cookies-and-bodies.ts';
import { HOSTILE_VARIANTS } from './hostile-variants.ts';
import { indexPage } from './index-page.ts';
import { type Attempts, Journal, type JournalEntry } from './journal.ts';
import { PASSKEY_VARIANTS } from './passkey-variants.ts';
import { PasskeyBook } from './passkeys.ts';
import { SessionTable } from './sessions.ts';
import { UNCLEAR_VARIANTS } from './unclear-variants.ts';
import { Place, type SentMessage, type SiteParts, type Variant } from './variant.ts';
import { VARIANTS } from './variants.ts';
import { WAITING_VARIANTS } from './waiting-variants.ts';

const SERVED: readonly Variant[] = [
  ...VARIANTS,
  ...WAITING_VARIANTS,
  ...PASSKEY_VARIANTS,
  ...HOSTILE_VARIANTS,
  ...UNCLEAR_VARIANTS,
];

export interface PracticeSiteOptions {
  /** 127.0.0.1 when left out. */
  host?: string;
  /** A free one when left out or 0. */
  port?: number;
  /** The first is the one of pages that ask no name. */
  accounts: readonly PracticeAccount[];
  /** Unix milliseconds; the machine's clock when left out. */
  now?: () => number;
  /** How long a session lives; 1800 when left out. */
  sessionSeconds?: number;
  /**
   * Wrong passwords are let in and right ones refused, so that a verdict can be shown to come from what the site does
   * and from nothing else.
   */
  swapped?: boolean;
  /** How many time steps a code of a seed may be early or late; 1 when left out. */
  codeWindow?: number;
  /** Is handed what the site sends; nothing is sent anywhere else. */
  deliver?: (message: SentMessage) => void;
}

/** The running site. */
export interface PracticeSite {
  readonly origin: string;
  readonly variants: readonly Variant[];
  /** Address of a variant's login page, or of another of its pages. Throws when there is no such variant. */
  url(variant: string, path?: string): string;
  /** The same address with the site called localhost: passkeys work on no IP address. */
  localhostUrl(variant: string, path?: string): string;
  readonly accounts: AccountBook;
  readonly passkeys: PasskeyBook;
  /** What the site received for an account so far. */
  attempts(username: string): Attempts;
  /** Every request that carried a credential, of every account, in the order of arrival. */
  log(): JournalEntry[];
  /** What the owner of an account does on the phone: approves or denies the sign-in that is asked about. */
  answerOnPhone(username: string, answer: 'approved' | 'denied'): void;
  /** Ends an account's sessions, as an administrator would. */
  endSessions(username: string): void;
  close(): Promise<void>;
}

/** Starts a small real site with accounts, sessions and locks, whose logins come in many kinds. It counts what it receives. */
export async function startPracticeSite(options: PracticeSiteOptions): Promise<PracticeSite> {
  const now = options.now ?? Date.now;
  const accounts = new AccountBook(options.accounts, now, {
    swapped: options.swapped ?? false,
    codeWindow: options.codeWindow ?? 1,
  });
  const sessions = new SessionTable(now, options.sessionSeconds ?? 1_800);
  const journal = new Journal(accounts, now);
  const closing = new AbortController();
  const wait = (ms: number) => delay(ms, undefined, { signal: closing.signal });
  const approvals = new Approvals();
  const passkeys = new PasskeyBook();
  const deliver = options.deliver ?? (() => undefined);
  const app = serve({ accounts, sessions, journal, approvals, passkeys, deliver, now, wait });
  await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  const { address, family, port } = app.server.address() as AddressInfo;
  const origin = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  const addressAt = (host: string, id: string, path?: string): string => {
    const variant = SERVED.find((row) => row.id === id);
    if (!variant) throw new Error(`The practice site has no variant "${id}"`);
    return `${host}/${id}/${path ?? variant.entry ?? 'login'}`;
  };
  return {
    origin,
    variants: SERVED,
    url: (id, path) => addressAt(origin, id, path),
    localhostUrl: (id, path) => addressAt(`http://localhost:${port}`, id, path),
    accounts,
    passkeys,
    attempts: (username) => journal.attempts(username),
    log: () => journal.entries(),
    answerOnPhone: (username, answer) => approvals.answer(username, answer),
    endSessions: (username) => sessions.endAll(username),
    async close() {
      closing.abort();
      await app.close();
    },
  };
}

/** The site: the front page, and each variant by an application of its own. */
function serve(site: SiteParts): FastifyInstance {
  const variants = new Map(SERVED.map((variant) => [variant.id, onceAsked(site, variant)]));
  const app = application(site, (toFront) =>
    createServer(async (request, response) => {
      const variant = variants.get(request.url?.split(/[/?]/, 2)[1] ?? '');
      const handle = variant ? await variant() : toFront;
      handle(request, response);
    }),
  );
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(indexPage(SERVED, site.accounts)));
  app.get('/_practice/attempts', (request, reply) =>
    reply.send(site.journal.attempts(queryOf(request).username ?? '')),
  );
  return app;
}

/** Made when it is first asked for: the routes of all variants take a third of a second, and a visitor sees a few. */
function onceAsked(site: SiteParts, variant: Variant): () => Promise<FastifyServerFactoryHandler> {
  let made: Promise<FastifyServerFactoryHandler> | null = null;
  return () => {
    if (made === null) {
      const app = application(site);
      app.register(async (inner) => variant.mechanism(inner, new Place(site, variant)), { prefix: `/${variant.id}` });
      made = Promise.resolve(app.ready()).then(() => app.routing.bind(app));
    }
    return made;
  };
}

function application(site: SiteParts, serverFactory?: FastifyServerFactory): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    routerOptions: { ignoreTrailingSlash: true },
    ...(serverFactory ? { serverFactory } : {}),
  });
  parseBodies(app);
  // Its own clock, which may be another than the machine's (RFC 9110 §6.6.1).
  app.addHook('onSend', async (_request, reply) => {
    reply.header('date', new Date(site.now()).toUTCString());
  });
  app.addHook('preHandler', async (request) => site.journal.look(request));
  return app;
}
