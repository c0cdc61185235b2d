import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { EgressProxy } from '../egress/egress-proxy.ts';
import type { Stage } from '../login/outcome.ts';
import {
  type AbortReason,
  type DownMessage,
  type JobHandlers,
  parse,
  toFailure,
  type UpMessage,
  type WorkerRequest,
} from './protocol.ts';

/** Main's end of a run's port: lets the handlers answer the worker and remembers what a kill needs to know. */
export class JobChannel {
  /** The other end, for the worker. */
  readonly workerPort: MessagePort;
  /** Resolves when the run's contexts are closed. */
  readonly contextsClosed: Promise<void>;
  /** The browsers this run has had contexts in. */
  readonly browserPids = new Set<number>();
  /** The last stage the run was allowed to begin. */
  stage: Stage | null = null;
  /** A malformed message of the worker: the run cannot be trusted to end well. */
  failure: unknown = null;
  readonly #port: MessagePort;
  readonly #handlers: JobHandlers;
  readonly #egress: Pick<EgressProxy, 'admit' | 'release'>;
  readonly #onBrowser: (pid: number) => void;
  /** The run's contexts at the egress proxy. */
  readonly #passes = new Set<string>();
  readonly #markClosed: () => void;
  #contextsOpen = true;

  /** `onBrowser` is told each browser the run gets a context in. */
  constructor(
    handlers: JobHandlers,
    egress: Pick<EgressProxy, 'admit' | 'release'>,
    onBrowser: (pid: number) => void = () => undefined,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.#egress = egress;
    this.workerPort = port2;
    this.#port = port1;
    this.#handlers = handlers;
    this.#onBrowser = onBrowser;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.contextsClosed = promise;
    this.#markClosed = resolve;
    port1.on('message', (message: unknown) => this.#receive(message));
  }

  abort(reason: AbortReason): void {
    this.#post({ type: 'abort', reason });
  }

  #receive(message: unknown): void {
    try {
      this.#take(parse('up', message));
    } catch (error) {
      this.failure ??= error;
      this.abort('shutdown');
    }
  }

  #take(message: UpMessage): void {
    switch (message.type) {
      case 'request':
        void this.#answer(message.id, message.request);
        break;
      case 'event':
        this.#handlers.event(message.event);
        break;
      case 'artifact':
        if (message.bytes instanceof Uint8Array) this.#handlers.artifact(message.name, message.bytes);
        break;
      case 'recording':
        if (message.bytes instanceof Uint8Array) this.#handlers.recording(message.kind, message.bytes);
        break;
      case 'context-opened':
        this.#admit(message.pass);
        if (message.pid <= 0) break;
        this.browserPids.add(message.pid);
        this.#onBrowser(message.pid);
        break;
      case 'passkey-settled':
        this.#handlers.passkeySettled(message.sign_count);
        break;
      case 'context-closed':
        this.closeContexts();
        break;
    }
  }

  #admit(pass: string): void {
    if (!this.#contextsOpen) return;
    this.#passes.add(pass);
    this.#egress.admit(pass, (trouble) => {
      this.#post({ type: 'egress', trouble });
      this.#handlers.egressTrouble(trouble);
    });
  }

  async #answer(id: number, request: WorkerRequest): Promise<void> {
    try {
      this.#post({ type: 'answer', id, answer: await this.#ask(request) });
    } catch (error) {
      this.#post({ type: 'refuse', id, error: toFailure(error) });
    }
  }

  async #ask(request: WorkerRequest): Promise<unknown> {
    if (request.kind === 'need-credential') return this.#handlers.needCredential();
    if (request.kind === 'need-code') return this.#handlers.needCode(request.question);
    if (request.kind === 'plan') return this.#handlers.plan(request.plan);
    if (request.kind === 'need-passkey') return this.#handlers.needPasskey();
    const permission = await this.#handlers.maySubmit(request.stage, request.origin);
    if (permission.granted) this.stage = request.stage;
    return permission;
  }

  #post(message: DownMessage): void {
    this.#port.postMessage(message);
  }

  /** The contexts are closed: the worker said so, or they went down with their browser or thread. Once. */
  closeContexts(): void {
    if (!this.#contextsOpen) return;
    this.#contextsOpen = false;
    for (const pass of this.#passes) this.#egress.release(pass);
    this.#markClosed();
    this.#handlers.contextClosed();
  }

  /** Takes in what the worker told before its reply (it comes another way and may overtake), then ends the channel. */
  finish(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#receive(next.message);
    }
    this.#port.removeAllListeners();
    this.#port.close();
    this.closeContexts();
  }
}
