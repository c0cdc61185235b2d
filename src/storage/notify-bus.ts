import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { type Bus, type BusMessage, isBusMessage } from './db.ts';
import { LocalBus } from './local-bus.ts';
import { connectionOptions, explainConnectionError } from './postgres-address.ts';

const CHANNEL = 'keyturn';
/** Notices in one statement. */
const BATCH = 200;
/** Notices kept while the server is away. Beyond it the oldest go: each is only a wake-up, and rows are looked at again. */
const KEPT = 10_000;
/** Milliseconds between tries to connect, doubled up to the second. */
const RETRY_MS = [100, 2_000] as const;
/** A connection that was cut without a word is found out by asking. */
const PING_MS = 10_000;
/** Milliseconds a statement may take on a connection that does nothing else. */
const STATEMENT_MS = 5_000;
/** What is still to be told when the service closes has this long. */
const FAREWELL_MS = 2_000;

/**
 * The bus of many machines: PostgreSQL's LISTEN and NOTIFY on a connection of its own. A notice is delivered here at once
 * and sent to the others, ids only. One that is lost costs time and nothing else: whoever listens looks at the rows, and is
 * told `resumed` when notices may have been missed.
 */
export class NotifyBus implements Bus {
  readonly #databaseUrl: string;
  readonly #onError: (error: unknown) => void;
  readonly #local: LocalBus;
  /** Our own notices come back to us as well. */
  readonly #sender = randomUUID();
  /** The same notice twice is one: listeners look at the row. */
  readonly #pending = new Set<string>();
  /** The connection that is made or held, and the same once it listens. */
  #current: Client | null = null;
  #client: Client | null = null;
  #opened = false;
  /** Takes nothing more. */
  #closed = false;
  /** Lets go of its connection. */
  #ended = false;
  #connecting: Promise<void> = Promise.resolve();
  #sending: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #retryMs: number = RETRY_MS[0];

  constructor(databaseUrl: string, onError: (error: unknown) => void) {
    this.#databaseUrl = databaseUrl;
    this.#onError = onError;
    this.#local = new LocalBus(onError);
  }

  publish(message: BusMessage): void {
    this.#local.publish(message);
    if (this.#closed) return;
    const payload = JSON.stringify({ from: this.#sender, message });
    this.#pending.add(payload);
    if (this.#pending.size > KEPT) {
      const [oldest = ''] = this.#pending;
      this.#pending.delete(oldest);
    }
    this.#open();
    this.#send();
  }

  subscribe(listener: (message: BusMessage) => void): () => void {
    this.#open();
    return this.#local.subscribe(listener);
  }

  /** Opened by whoever needs it first: a command that only reads never pays for it. */
  #open(): void {
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    this.#connecting = this.#connect();
  }

  async #connect(): Promise<void> {
    const client = new Client({
      ...connectionOptions(this.#databaseUrl),
      application_name: 'keyturn-bus',
      query_timeout: STATEMENT_MS,
    });
    this.#current = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, null));
    client.on('notification', ({ payload = '' }) => this.#heard(payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    if (this.#ended) {
      await client.end().catch(() => {});
      return;
    }
    this.#client = client;
    this.#retryMs = RETRY_MS[0];
    this.#ping(client);
    // From here on nothing is missed; what went by before is found in the rows.
    this.#local.publish({ type: 'resumed' });
    this.#send();
  }

  /** Told of one connection any number of times; the first counts. */
  #lost(client: Client, error: unknown): void {
    if (client !== this.#current) return;
    this.#current = null;
    this.#client = null;
    clearTimeout(this.#timer);
    void client.end().catch(() => {});
    if (this.#ended) return;
    // Once an outage.
    if (this.#retryMs === RETRY_MS[0]) this.#onError(explainConnectionError(error, this.#databaseUrl));
    this.#timer = setTimeout(() => {
      this.#connecting = this.#connect();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS[1]);
  }

  #ping(client: Client): void {
    this.#timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => this.#client === client && this.#ping(client),
        (error: unknown) => this.#lost(client, error),
      );
    }, PING_MS).unref();
  }

  #heard(payload: string): void {
    let notice: unknown;
    try {
      notice = JSON.parse(payload);
    } catch {
      return;
    }
    if (!(notice instanceof Object) || !('from' in notice) || !('message' in notice)) return;
    if (notice.from === this.#sender || !isBusMessage(notice.message)) return;
    this.#local.publish(notice.message);
  }

  /** One statement at a time: what comes meanwhile goes with the next. */
  #send(): void {
    if (this.#sending || !this.#client || this.#pending.size === 0) return;
    const client = this.#client;
    const batch = [...this.#pending].slice(0, BATCH);
    for (const payload of batch) this.#pending.delete(payload);
    this.#sending = client
      .query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [CHANNEL, batch])
      .then(
        () => undefined,
        (error: unknown) => {
          for (const payload of batch) this.#pending.add(payload);
          this.#lost(client, error);
        },
      )
      .then(() => {
        this.#sending = null;
        this.#send();
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#local.close();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FAREWELL_MS);
    await Promise.race([this.#tellTheRest(), late.promise]);
    clearTimeout(timer);
    this.#ended = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#current = null;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  /** A command publishes once and closes before it is connected. */
  async #tellTheRest(): Promise<void> {
    if (this.#pending.size > 0) await this.#connecting;
    while (this.#sending) await this.#sending;
  }
}
