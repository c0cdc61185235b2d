import { setTimeout as sleep } from 'node:timers/promises';
import type { MailboxConnection } from './mailbox-connection.ts';

/** A submission waits so long for the folder, counted from when it began to be opened: most mail servers need a second. */
const OPENING_MS = 5_000;

/** How far a folder had come: every mail from `uidNext` on arrived later (RFC 9051 §2.3.1.1). */
export interface MailboxSnapshot {
  uidValidity: bigint;
  uidNext: number;
}

/** A mailbox that is being opened while a login goes on. */
export class EarlyMailbox {
  readonly #opening: Promise<MailboxConnection>;
  readonly #settled: Promise<void>;
  #snapshot: MailboxSnapshot | null = null;
  #taken = false;

  constructor(opening: Promise<MailboxConnection>) {
    this.#opening = opening;
    const over = new AbortController();
    const known = opening
      .then(
        ({ uidValidity, uidNext }) => {
          this.#snapshot = uidNext === null ? null : { uidValidity, uidNext };
        },
        // Whoever takes it is told.
        () => undefined,
      )
      .finally(() => over.abort());
    const late = sleep(OPENING_MS, undefined, { signal: over.signal }).catch(() => undefined);
    this.#settled = Promise.race([known, late]);
  }

  /** Resolves when the folder is open or cannot be opened, and at the latest when a login has waited long enough. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /** How far the folder had come; null while it is not open, or where the server does not say. */
  get snapshot(): MailboxSnapshot | null {
    return this.#snapshot;
  }

  /** Hands the connection over, once: the one login of a run counts as its first try. Null: somebody has it. */
  take(): Promise<MailboxConnection> | null {
    if (this.#taken) return null;
    this.#taken = true;
    return this.#opening;
  }

  /** Ends a connection that nobody took. One that is still being opened ends by its own signal. */
  close(): void {
    const left = this.take();
    left?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }
}
