import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type ChildProgram, CLI, startNodeProgram } from '../support/child-program.ts';
import { freePort } from '../support/free-port.ts';

const START_MS = 90_000;
const KEY = 'operator-key-of-the-chaos-0123456789';

export interface Answer {
  status: number;
  body: ReturnType<typeof JSON.parse>;
}

/** One service of a world: the same ports, folder and settings in every life. */
export class ChaosService {
  readonly folder: string;
  readonly #env: Record<string, string>;
  readonly #port: number;
  readonly #inspectPort: number;
  #program: ChildProgram | null = null;

  private constructor(folder: string, env: Record<string, string>, port: number, inspectPort: number) {
    this.folder = folder;
    this.#env = env;
    this.#port = port;
    this.#inspectPort = inspectPort;
  }

  /** Not yet started. What it and its browsers write goes below `folder`. */
  static async prepare(folder: string, env: Record<string, string>): Promise<ChaosService> {
    mkdirSync(folder);
    return new ChaosService(folder, env, await freePort(), await freePort());
  }

  async start(): Promise<void> {
    // The inspector is how a round gets at a worker thread: no signal goes to a thread alone.
    this.#program = startNodeProgram([`--inspect=127.0.0.1:${this.#inspectPort}`, CLI, 'start'], this.folder, {
      env: {
        KEYTURN_PORT: String(this.#port),
        KEYTURN_DATA_DIR: path.join(this.folder, 'data'),
        KEYTURN_API_KEY: KEY,
        KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8',
        KEYTURN_WORKERS: '2',
        LOG_LEVEL: 'warn',
        ...this.#env,
      },
    });
    await this.#program.printed(/Keyturn listens on/, START_MS);
  }

  get pid(): number {
    return this.#program?.pid ?? 0;
  }

  get inspector(): string {
    return `http://127.0.0.1:${this.#inspectPort}`;
  }

  /** What this life has logged. */
  get log(): string {
    return this.#program?.output() ?? '';
  }

  signal(name: NodeJS.Signals): void {
    this.#program?.signal(name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#program?.ended;
  }

  /** Asks it to stop. Resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return (await this.#program?.ended) ?? null;
  }

  /** Ends everything of it, for the end of the world. */
  async close(): Promise<void> {
    await this.#program?.close();
  }

  /** Null when there is no answer, as from a service that was just killed. */
  async call(method: string, route: string, body?: unknown): Promise<Answer | null> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}${route}`, {
        method,
        headers: { 'x-api-key': KEY, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    } catch {
      return null;
    }
  }
}
