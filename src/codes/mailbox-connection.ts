import { rootCertificates } from 'node:tls';
import { ImapFlow, type MailboxObject } from 'imapflow';
import type { GuardedClient } from '../egress/guarded-client.ts';
import type { MailboxSecret } from '../vaults/vault.ts';
import { MAX_MAIL_BYTES } from './mail-message.ts';

const CONNECT_MS = 15_000;
/** A server that says nothing for so long is gone; IDLE is begun anew before that. */
const SILENCE_MS = 60_000;
const IDLE_MS = 45_000;
/** Where the server has no IDLE it is asked this often. */
const POLL_MS = 5_000;
/** Mails looked at in one go, the newest ones. */
const PAGE = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A message before its body is read. */
export interface MailHead {
  uid: number;
  /** When the server took it in, by the server's clock. */
  receivedAt: Date;
}

/** One connection to a mailbox, for reading only: the folder is opened by EXAMINE, bodies are peeked at. */
export class MailboxConnection {
  readonly uidValidity: bigint;
  /** Mails from this one on came after the folder was opened; null where the server does not say (RFC 9051 §7.1). */
  readonly uidNext: number | null;
  readonly #client: ImapFlow;
  #changed = true;
  #wake: () => void = () => {};
  #failure: unknown = null;

  private constructor(client: ImapFlow, { uidValidity, uidNext }: MailboxObject) {
    this.#client = client;
    this.uidValidity = uidValidity;
    this.uidNext = uidNext || null;
    client.maxIdleTime = client.capabilities.has('IDLE') || client.enabled.has('IMAP4REV2') ? IDLE_MS : POLL_MS;
    client.on('exists', () => {
      this.#changed = true;
      this.#wake();
    });
    client.on('error', (error: unknown) => this.#fail(error));
    client.on('close', () => this.#fail(new Error('closed')));
  }

  /**
   * Connects to an allowed address of the host (`attempt` chooses among several), logs in once and opens the folder.
   * Throws what `troubleOf` understands, or the signal's reason.
   */
  static async open(
    mailbox: MailboxSecret,
    { client: rules, attempt, signal }: { client: GuardedClient; attempt: number; signal: AbortSignal },
  ): Promise<MailboxConnection> {
    const addresses = await rules.allowedAddresses(mailbox.host, mailbox.port, signal);
    signal.throwIfAborted();
    const client = newClient(mailbox, addresses[attempt % addresses.length] ?? mailbox.host);
    // Errors outside of a call are told by an event, which must have a listener.
    client.on('error', () => {});
    const abort = (): void => client.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await client.connect();
      return new MailboxConnection(client, await client.mailboxOpen(mailbox.folder, { readOnly: true }));
    } catch (error) {
      client.close();
      signal.throwIfAborted();
      throw explained(error, client, mailbox);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Mails from a UID on that came in the last day before `since` or later (null: whenever), newest first. */
  async heads(fromUid: number, since: Date | null): Promise<MailHead[]> {
    this.#changed = false;
    // SINCE knows days only, in the server's own time zone.
    const day = since && { since: new Date(since.getTime() - DAY_MS) };
    const found = await this.#client.search({ uid: `${fromUid}:*`, ...day }, { uid: true });
    if (!found) throw new Error('the search was refused');
    // `5:*` names the last mail even when it is older than that (RFC 9051 §9).
    const uids = found.filter((uid) => uid >= fromUid).sort((a, b) => b - a);
    const heads: MailHead[] = [];
    if (uids.length === 0) return heads;
    const range = uids.slice(0, PAGE).join(',');
    for await (const { uid, internalDate } of this.#client.fetch(range, { internalDate: true }, { uid: true })) {
      if (internalDate !== undefined) heads.push({ uid, receivedAt: new Date(internalDate) });
    }
    return heads.sort((a, b) => b.uid - a.uid);
  }

  /** The mail itself, as far as it is read; null when it is gone. */
  async body(uid: number): Promise<Uint8Array | null> {
    const found = await this.#client.fetchOne(String(uid), { source: { maxLength: MAX_MAIL_BYTES } }, { uid: true });
    return found ? (found.source ?? null) : null;
  }

  /** Resolves when there may be new mail. Throws when the connection is lost. */
  async next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (this.#failure === null && !this.#changed) {
      const idle = this.#client.idle().then(
        () => this.#pause(),
        (error: unknown) => this.#fail(error),
      );
      await Promise.race([promise, idle]);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  close(): void {
    this.#client.close();
  }

  /** A server that ends IDLE at once must not be asked in a loop. */
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, 1_000);
    const wake = this.#wake;
    this.#wake = () => {
      wake();
      resolve();
    };
    await promise;
    clearTimeout(timer);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }
}

/** Two refusals come without a code of their own: no STARTTLS where it is wanted, and no OAuth. */
function explained(error: unknown, client: ImapFlow, { secure, access_token: token }: MailboxSecret): unknown {
  if (client.authenticated) return error;
  if (!secure && error instanceof Error && error.message.includes('STARTTLS')) {
    return Object.assign(new Error('no STARTTLS'), { tlsFailed: true });
  }
  const known = [...client.capabilities.keys()];
  const noOauth = known.length > 0 && !known.some((name) => /^AUTH=(XOAUTH2?|OAUTHBEARER)$/.test(name));
  return token !== null && noOauth ? Object.assign(new Error('no OAuth'), { oauthMissing: true }) : error;
}

function newClient(mailbox: MailboxSecret, address: string): ImapFlow {
  const { host, port, secure, user, password, access_token: accessToken, ca } = mailbox;
  // The address that was checked is dialled; the certificate must be for the name.
  return new ImapFlow({
    host: address,
    ...(address !== host && { servername: host }),
    port,
    secure,
    ...(!secure && { doSTARTTLS: true }),
    auth: accessToken === null ? { user, pass: password ?? '' } : { user, accessToken },
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca !== null && { ca: [...rootCertificates, ca] }) },
    clientInfo: { name: 'Keyturn' },
    logger: false,
    disableAutoIdle: true,
    // A few bytes could become many.
    disableCompression: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    maxLineLength: MAX_MAIL_BYTES,
    maxLiteralSize: MAX_MAIL_BYTES + 1024,
    maxResponseSize: 2 * MAX_MAIL_BYTES,
    maxResponseTokens: 100_000,
  });
}
