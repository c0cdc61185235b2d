import { EventEmitter } from 'node:events';
import type { Bus, BusMessage } from './db.ts';
import { outsideTransactions } from './scoped-database.ts';

/** The bus within one process. A listener that throws harms neither the publisher nor the other listeners. */
export class LocalBus implements Bus {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  publish(message: BusMessage): void {
    outsideTransactions(() => this.#emitter.emit('message', message));
  }

  subscribe(listener: (message: BusMessage) => void): () => void {
    const deliver = (message: BusMessage) => {
      try {
        listener(message);
      } catch (error) {
        this.#onError(error);
      }
    };
    this.#emitter.on('message', deliver);
    return () => this.#emitter.off('message', deliver);
  }

  async close(): Promise<void> {
    this.#emitter.removeAllListeners();
  }
}
