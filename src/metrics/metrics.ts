import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LoginExecutor } from '../execution/protocol.ts';
import type { Phase } from './run-phases.ts';

/** Seconds. A run's parts take from some milliseconds to minutes; a code may take its quarter of an hour. */
const RUN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const CODE_SECONDS = [0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60];

/** The runs that wait to be claimed. */
export interface QueueState {
  depth: number;
  /** Seconds the first of them has waited; 0 when there is none. */
  oldestSeconds: number;
}

/** How a run came to its end, by the fixed words of the run. */
export interface EndedRun {
  status: string;
  outcome: string | null;
  verdict: string | null;
}

export interface HttpCall {
  method: string;
  /** The pattern, never the address. */
  route: string;
  status: number;
  /** The answer was held back on purpose: a waiting poll, a stream. */
  held: boolean;
  seconds: number;
}

/**
 * What the service counts, in a registry of its own. Labels are words of the code only, so their number is bounded: no
 * organization, no address of a site, no name of an account.
 */
export class Metrics {
  readonly #registry = new Registry();
  /** The runs that the worker pool has. */
  readonly #running = new Set<{ readonly waiting: boolean }>();
  /** Codes that have arrived and are not typed yet, by their run. */
  readonly #arrived = new Map<string, { channel: string; at: number }>();
  readonly #runs: Counter<'status' | 'outcome' | 'verdict'>;
  readonly #phases: Histogram<'phase'>;
  readonly #fuse: Counter<'reason'>;
  readonly #denials: Counter<'reason'>;
  readonly #codes: Histogram<'channel'>;
  readonly #http: Histogram<'method' | 'route' | 'status' | 'held'>;
  readonly #vaults: Histogram<'vault'>;
  readonly #vaultFailures: Counter<'vault' | 'code'>;

  constructor() {
    const registers = [this.#registry];
    this.#runs = new Counter({
      name: 'keyturn_runs_total',
      help: 'Runs that are over.',
      labelNames: ['status', 'outcome', 'verdict'],
      registers,
    });
    this.#phases = new Histogram({
      name: 'keyturn_run_phase_seconds',
      help: 'Time of a run by its phases; whole is all of them but queued.',
      labelNames: ['phase'],
      buckets: RUN_SECONDS,
      registers,
    });
    this.#fuse = new Counter({
      name: 'keyturn_fuse_fired_total',
      help: 'Submissions that the fuse stopped: a repeat, a likely repeat (heuristic), or one to a foreign origin.',
      labelNames: ['reason'],
      registers,
    });
    this.#denials = new Counter({
      name: 'keyturn_egress_denied_total',
      help: 'Targets that were refused.',
      labelNames: ['reason'],
      registers,
    });
    this.#codes = new Histogram({
      name: 'keyturn_code_latency_seconds',
      help: 'From the arrival of a code to the page it is typed into.',
      labelNames: ['channel'],
      buckets: CODE_SECONDS,
      registers,
    });
    this.#http = new Histogram({
      name: 'keyturn_http_request_seconds',
      help: 'Calls of the API; held ones wait for news of a run.',
      labelNames: ['method', 'route', 'status', 'held'],
      buckets: CALL_SECONDS,
      registers,
    });
    this.#vaults = new Histogram({
      name: 'keyturn_vault_seconds',
      help: 'Uses of a vault.',
      labelNames: ['vault'],
      buckets: CALL_SECONDS,
      registers,
    });
    this.#vaultFailures = new Counter({
      name: 'keyturn_vault_failures_total',
      help: 'Uses of a vault that failed, by error code.',
      labelNames: ['vault', 'code'],
      registers,
    });
    new Gauge({
      name: 'keyturn_pool_runs',
      help: 'Runs in the worker pool: busy, or waiting for somebody outside.',
      labelNames: ['state'],
      registers,
      collect: function (this: Gauge<'state'>) {
        count(this);
      },
    });
    const count = (gauge: Gauge<'state'>): void => {
      const waiting = [...this.#running].filter((run) => run.waiting).length;
      gauge.set({ state: 'busy' }, this.#running.size - waiting);
      gauge.set({ state: 'waiting' }, waiting);
    };
  }

  /** Shows the process: memory, processor time, the event loop's delay. It is measured from now on. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The metrics in Prometheus' text format, with its content type. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** Shows the queue whenever the metrics are asked for, by one look. While it cannot be read, its figures are missing. */
  watchQueue(read: () => Promise<QueueState>): void {
    let looking: Promise<QueueState | null> | null = null;
    // Prometheus' client collects all metrics at once, and reads each as soon as its own collecting is over.
    const look = (): Promise<QueueState | null> => {
      looking ??= read()
        .catch(() => null)
        .finally(() => {
          looking = null;
        });
      return looking;
    };
    const show = (name: string, help: string, figure: (state: QueueState) => number) =>
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        async collect() {
          const state = await look();
          this.set(state ? figure(state) : Number.NaN);
        },
      });
    show('keyturn_queue_depth', 'Runs that wait to be taken up.', ({ depth }) => depth);
    show('keyturn_queue_oldest_seconds', 'How long the first run of the queue has waited.', (state) => {
      return state.oldestSeconds;
    });
  }

  /** Shows the worker pool: its threads, and what had to be started anew. */
  watchPool(executor: Pick<LoginExecutor, 'health'>, busyPlaces: number): void {
    const registers = [this.#registry];
    new Gauge({ name: 'keyturn_pool_busy_places', help: 'Busy runs there is room for.', registers }).set(busyPlaces);
    new Gauge({
      name: 'keyturn_pool_threads',
      help: 'Living worker threads.',
      registers,
      collect() {
        this.set(executor.health().answering);
      },
    });
    new Gauge({
      name: 'keyturn_pool_browserless',
      help: 'Worker threads whose browser did not start when that was last tried.',
      registers,
      collect() {
        this.set(executor.health().browserless);
      },
    });
    const restarts = (name: string, help: string, read: () => number) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    restarts('keyturn_browser_restarts_total', 'Browsers started in place of dead ones.', () => {
      return executor.health().browsers_restarted;
    });
    restarts('keyturn_thread_restarts_total', 'Worker threads started in place of dead ones.', () => {
      return executor.health().threads_lost;
    });
  }

  /** A run was handed to the pool. Call what it returns when the run is back. */
  running(run: { readonly waiting: boolean }): () => void {
    this.#running.add(run);
    return () => this.#running.delete(run);
  }

  runEnded({ status, outcome, verdict }: EndedRun): void {
    this.#runs.inc({ status, outcome: outcome ?? 'none', verdict: verdict ?? 'none' });
  }

  phase(phase: Phase | 'queued' | 'whole', seconds: number): void {
    this.#phases.observe({ phase }, seconds);
  }

  fuseFired(reason: 'repeat' | 'heuristic' | 'foreign'): void {
    this.#fuse.inc({ reason });
  }

  /** A target was refused: by the address guard, or because no secret may go there. */
  egressDenied(reason: string): void {
    this.#denials.inc({ reason });
  }

  /** A code came for a run. */
  codeArrived(runId: string, channel: string, at: Date): void {
    this.#arrived.set(runId, { channel, at: at.getTime() });
  }

  /** The run typed what it had to type; where a code had come, that was among it. */
  codeTyped(runId: string): void {
    const code = this.#arrived.get(runId);
    if (!code) return;
    this.#arrived.delete(runId);
    this.#codes.observe({ channel: code.channel }, Math.max(0, Date.now() - code.at) / 1000);
  }

  /** The run is over, and types nothing more. */
  forgetCode(runId: string): void {
    this.#arrived.delete(runId);
  }

  call({ method, route, status, held, seconds }: HttpCall): void {
    this.#http.observe({ method, route, status: String(status), held: String(held) }, seconds);
  }

  /** `failure`: the code of the error it ended with. */
  vaultUsed(vault: string, seconds: number, failure: string | null): void {
    this.#vaults.observe({ vault }, seconds);
    if (failure !== null) this.#vaultFailures.inc({ vault, code: failure });
  }
}
