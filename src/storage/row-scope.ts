import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import { TURN_MS } from './transaction-limits.ts';

/** Rows of every organization: for what `asSystem` does. */
export const EVERYWHERE = '*';

/** Whose rows a piece of code is about; nobody's when nothing is said. */
const scope = new AsyncLocalStorage<string>();

/** Runs something that is about the rows of an organization (or EVERYWHERE), on whatever connection it gets. */
export function withRowsOf<T>(organizationId: string, work: () => T): T {
  return scope.run(organizationId, work);
}

/** For the session, not the transaction: it is said when a connection is handed out, before there is one. */
const SET_SCOPE = { name: 'keyturn_scope', text: "SELECT set_config('keyturn.organization_id', $1, false)" };

type Done = (release?: boolean | Error) => void;
type OnClient = (error: Error | undefined, client: PoolClient | undefined, done: Done) => void;

/**
 * A pool whose connections are told whose rows they are about when they are handed out: row-level security goes by it.
 * What is said goes ahead of the next statement in the same pipeline, so it costs no round trip; nothing is said where
 * the connection was about the same rows before.
 */
class ScopedPool extends Pool {
  readonly #scopes = new WeakMap<PoolClient, string>();

  constructor(config: PoolConfig) {
    const { connectionTimeoutMillis } = config;
    // The pool has one time for both: a server that does not answer is given up soon, a turn is waited for longer.
    class SoonConnected extends Client {
      constructor(given?: PoolConfig) {
        super({ ...given, connectionTimeoutMillis });
      }
    }
    super({ ...config, pipeline: true, connectionTimeoutMillis: TURN_MS, Client: SoonConnected });
  }

  #about(wanted: string, client: PoolClient): PoolClient {
    if (this.#scopes.get(client) === wanted) return client;
    this.#scopes.set(client, wanted);
    client.query({ ...SET_SCOPE, values: [wanted] }).catch(() => {
      // It is about other rows than we think: it must not be used again. Its statements fail with it.
      void client.end();
    });
    return client;
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: OnClient): void;
  override connect(callback?: OnClient): Promise<PoolClient> | undefined {
    const wanted = scope.getStore() ?? '';
    if (!callback) return super.connect().then((client) => this.#about(wanted, client));
    super.connect((error, client, done) => callback(error, client && this.#about(wanted, client), done));
    return undefined;
  }
}

/** System work is short and seldom more than this at once. */
const SYSTEM_CONNECTIONS = 5;

/**
 * Connections for the rows of organizations, and others for system work: every call looks its key up as the system, and
 * would otherwise change what a connection is about twice.
 */
export class RowScopedPool extends ScopedPool {
  readonly #system: ScopedPool;

  constructor(config: PoolConfig) {
    super(config);
    this.#system = new ScopedPool({ ...config, max: SYSTEM_CONNECTIONS });
    this.#system.on('error', (error, client) => this.emit('error', error, client));
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: OnClient): void;
  override connect(callback?: OnClient): Promise<PoolClient> | undefined {
    const isSystem = scope.getStore() === EVERYWHERE;
    if (!callback) return isSystem ? this.#system.connect() : super.connect();
    if (isSystem) this.#system.connect(callback);
    else super.connect(callback);
    return undefined;
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> {
    return Promise.all([super.end(), this.#system.end()]).then(() => callback?.());
  }
}
