import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { EgressTrouble } from '../egress/egress-trouble.ts';
import type { Stage } from '../login/outcome.ts';
import {
  type AbortReason,
  type DownMessage,
  fromFailure,
  parse,
  type UpMessage,
  type WorkerRequest,
} from './protocol.ts';

/** Thrown into everything a run still does once it was told to stop. */
export class RunAborted extends Error {
  override readonly name = 'RunAborted';
  readonly reason: AbortReason;

  constructor(reason: AbortReason) {
    super(`The run was stopped: ${reason}.`);
    this.reason = reason;
  }
}

const ANSWER_OF = {
  'need-credential': 'credential',
  'may-submit': 'permission',
  'need-code': 'code',
  'need-passkey': 'passkey',
  plan: 'plan',
} as const;
type Answers = typeof ANSWER_OF;
type AnswerTo<K extends keyof Answers> = ReturnType<typeof parse<Answers[K]>>;

interface Pending {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** The worker's end of a run's port: asks, tells, and turns main's abort message into an AbortSignal. */
export class WorkerLink {
  /** Aborted with a RunAborted (or the KeyturnError of a malformed message). */
  readonly signal: AbortSignal;
  /** The last stage that was granted, for a reply that says how far the run came. */
  stage: Stage | null = null;
  /** Told what the egress proxy did not connect. */
  onTrouble: (trouble: EgressTrouble) => void = () => undefined;
  readonly #port: MessagePort;
  readonly #abort = new AbortController();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    this.signal = this.#abort.signal;
    // A run that was stopped while it was on its way here must not begin: look before anything else is done.
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) this.#receive(next.message);
    port.on('message', (message: unknown) => this.#receive(message));
    // Main is gone, or dropped the run: there is no one left to log in for.
    port.on('close', () => this.#stop(new RunAborted('shutdown')));
  }

  #receive(message: unknown): void {
    try {
      this.#take(parse('down', message));
    } catch (error) {
      // Thrown from here it would end the thread, and with it the neighbours.
      this.#stop(error);
    }
  }

  #take(message: DownMessage): void {
    if (message.type === 'abort') {
      this.#stop(new RunAborted(message.reason));
      return;
    }
    if (message.type === 'egress') {
      this.onTrouble(message.trouble);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'answer') pending?.resolve(message.answer);
    else pending?.reject(fromFailure(message.error));
  }

  #stop(error: unknown): void {
    if (this.signal.aborted) return;
    this.#abort.abort(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  /** Stops the run from this side, as main would at a shutdown. */
  giveUp(): void {
    this.#stop(new RunAborted('shutdown'));
  }

  /** Asks main and parses the answer. Rejects with main's KeyturnError, or RunAborted once the run is stopped. */
  async ask<K extends WorkerRequest['kind']>(request: Extract<WorkerRequest, { kind: K }>): Promise<AnswerTo<K>> {
    this.signal.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = await new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.tell({ type: 'request', id, request });
    });
    return parse(ANSWER_OF[request.kind] as Answers[K], answer);
  }

  tell(message: UpMessage): void {
    this.#port.postMessage(message);
  }

  close(): void {
    this.#port.removeAllListeners();
    this.#port.close();
  }
}
