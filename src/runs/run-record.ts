import type { RawRecording } from '../browser/recorder.ts';
import { PAGE_COPY } from '../login/page-copy.ts';
import type { LoginEvent } from '../login/ports.ts';
import { cleanRecording, RECORDING_FILE } from '../recordings/clean-recording.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import { untilDatabaseAnswers } from '../storage/until-database-answers.ts';
import { PAGE_FILE, pageFile } from './page-file.ts';
import type { Awaiting } from './run.ts';
import type { RunServices } from './run-services.ts';
import { appendEvent, setAwaiting } from './run-store.ts';

/** What is written of a run while it goes on, in the order it was told: events, files, what it waits for. No secret. */
export class RunRecord {
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Run;
  readonly #username: string | null;
  readonly #recordings: RawRecording[] = [];
  readonly #signal: AbortSignal;
  #writes: Promise<void> = Promise.resolve();

  /** What is to be written waits for a database that is away, until `signal` fires. */
  constructor(services: RunServices, db: OrganizationDb, run: Run, username: string | null, signal: AbortSignal) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
    this.#username = username;
    this.#signal = signal;
  }

  /** Everything told so far is written. */
  async written(): Promise<void> {
    await this.#writes;
  }

  event({ event, data }: LoginEvent): void {
    this.#enqueue(() => this.#writeEvent(event, data));
  }

  artifact(name: string, bytes: Uint8Array): void {
    this.#enqueue(() => this.#storeArtifact(name, bytes));
  }

  recording(kind: RawRecording['kind'], bytes: Uint8Array): void {
    this.#recordings.push({ kind, bytes: Buffer.from(bytes) });
  }

  /** Keeps what was recorded, once `values` are all that must not be in it. */
  keepRecordings(values: readonly string[]): void {
    for (const [index, raw] of this.#recordings.splice(0).entries()) {
      this.#enqueue(() => this.#storeRecording(raw, index, values));
    }
  }

  /** Something else that is to be written of the run, in its turn. */
  inTurn(write: () => Promise<void>): void {
    this.#enqueue(write);
  }

  /** Seen while the run waits: somebody may mend it, or bring the code another way. */
  trouble(text: string): void {
    this.#enqueue(() => this.#writeEvent('awaiting', { state: 'trouble', kind: 'code', text }));
  }

  /** What the run waits for, or null when it goes on. Resolves when that is written. */
  async awaiting(awaiting: Awaiting | null, data: Record<string, unknown>): Promise<void> {
    this.#enqueue(async () => {
      await this.#db.transaction(async (tx) => {
        await setAwaiting(tx, this.#run, awaiting);
        await appendEvent(tx, this.#run, 'awaiting', data);
      });
      this.#publish();
    });
    await this.#writes;
  }

  #enqueue(write: () => Promise<void>): void {
    const { log } = this.#services;
    const waits = (error: unknown): void =>
      log.warn(
        { err: error, run_id: this.#run.id },
        'what is told of the run cannot be written now and is tried again',
      );
    this.#writes = this.#writes
      .then(() => untilDatabaseAnswers(write, this.#signal, waits))
      .catch((error: unknown) => {
        log.error({ err: error, run_id: this.#run.id }, 'an event or artifact of the run was not written');
      });
  }

  #publish(more: { events_only?: true } = {}): void {
    this.#services.storage.bus.publish({ type: 'run', run_id: this.#run.id, ...more });
  }

  /** A copy of a page becomes a page here, where every secret of the run is known. */
  async #storeArtifact(name: string, bytes: Uint8Array): Promise<void> {
    const { artifacts, scrubber } = this.#services;
    if (name !== PAGE_COPY) return artifacts.store(this.#db, this.#run.id, name, bytes);
    const html = pageFile(bytes, { scrub: (text) => scrubber.scrubWords(text), username: this.#username });
    if (html !== null) await artifacts.store(this.#db, this.#run.id, PAGE_FILE, Buffer.from(html));
  }

  /** Clean, or not at all: then the run says so. */
  async #storeRecording(raw: RawRecording, index: number, values: readonly string[]): Promise<void> {
    const name = RECORDING_FILE[raw.kind].replace('.', index === 0 ? '.' : `-${index + 1}.`);
    const cleaned = await cleanRecording(raw, values);
    if ('bytes' in cleaned) {
      await this.#services.artifacts.store(this.#db, this.#run.id, name, cleaned.bytes);
      return;
    }
    this.#services.log.warn({ run_id: this.#run.id, name, reason: cleaned.withheld }, 'a recording was not kept');
    await this.#writeEvent('recording', { state: 'withheld', name, text: cleaned.withheld });
  }

  async #writeEvent(event: LoginEvent['event'] | 'recording', data: Record<string, unknown>): Promise<void> {
    const stage = event === 'stage' && data.state === 'submitted' ? data.stage : null;
    await this.#db.transaction(async (tx) => {
      await appendEvent(tx, this.#run, event, this.#services.scrubber.scrubDeep(data));
      const where = { id: this.#run.id, claimed_by: this.#run.claimed_by, status: 'running' };
      if (stage === 'identifier') await tx.run.updateMany({ where, data: { identifier_submitted: 1 } });
      if (stage === 'password') await tx.run.updateMany({ where, data: { password_submitted: 1 } });
      if (stage === 'code') await tx.run.updateMany({ where, data: { code_submitted: 1 } });
    });
    this.#publish({ events_only: true });
  }
}
