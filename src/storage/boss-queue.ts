import { fromPrisma, PgBoss } from 'pg-boss';
import { KeyturnError } from '../errors.ts';
import type { OrganizationModels, RunQueue } from './db.ts';
import { BACKSTOP_MS } from './local-queue.ts';
import { answerTimeout } from './postgres-address.ts';
import { clientOf, outsideTransactions } from './scoped-database.ts';

const QUEUE = 'runs';

/**
 * How long pg-boss keeps a job: nothing depends on an old one, since the run row is the truth, and each holds only a
 * run's id.
 */
const KEPT = { retentionSeconds: 3_600, deleteAfterSeconds: 60, expireInSeconds: 60, retryLimit: 2 };

/**
 * Without the two intervals a worker on a notify queue looks every 30 s and sleeps as long after each job; a batch that
 * came back full is followed by the next one at once.
 */
const POLLING = {
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
  batchSize: 100,
  burstWhenBatchFull: true,
};

/** The queue of many machines: pg-boss, in its own schema, written in the same transaction as the run. */
export class BossQueue implements RunQueue {
  readonly #databaseUrl: string;
  readonly #onError: (error: unknown) => void;
  #starting: Promise<PgBoss> | undefined;
  #onWake: (() => void) | undefined;
  #backstop: NodeJS.Timeout | undefined;

  constructor(databaseUrl: string, onError: (error: unknown) => void) {
    this.#databaseUrl = databaseUrl;
    this.#onError = onError;
  }

  async #start(): Promise<PgBoss> {
    const boss = new PgBoss({
      connectionString: this.#databaseUrl,
      connectionTimeoutMillis: answerTimeout(this.#databaseUrl),
      application_name: 'keyturn-queue',
      schema: 'pgboss',
      max: 3,
      useListenNotify: true,
      schedule: false,
    });
    // Its message only: pg hangs the whole connection on an error.
    boss.on('error', (error) =>
      this.#onError(new KeyturnError('unavailable', { detail: `The queue: ${error.message}` })),
    );
    try {
      await boss.start();
      await boss.createQueue(QUEUE, { notify: true, ...KEPT });
      return boss;
    } catch (error) {
      this.#starting = undefined;
      await boss.stop({ graceful: false }).catch(() => {});
      throw error;
    }
  }

  /** Started by whoever needs it first: a command that only reads never pays for it. */
  #boss(): Promise<PgBoss> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async announce(tx: OrganizationModels, runId: string): Promise<void> {
    const boss = await this.#boss();
    await boss.send(QUEUE, { run_id: runId }, { db: fromPrisma(clientOf(tx)) });
  }

  committed(): void {}

  #wake(): void {
    const onWake = this.#onWake;
    if (onWake) outsideTransactions(onWake);
  }

  async listen(onWake: () => void): Promise<void> {
    this.#onWake = onWake;
    const boss = await this.#boss();
    await boss.work(QUEUE, POLLING, async () => this.#wake());
    this.#backstop = setInterval(() => this.#wake(), BACKSTOP_MS).unref();
    this.#wake();
  }

  async close(): Promise<void> {
    this.#onWake = undefined;
    clearInterval(this.#backstop);
    const boss = await this.#starting?.catch(() => undefined);
    await boss?.stop({ graceful: true, timeout: 5_000 });
  }
}
