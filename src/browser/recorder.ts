import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext } from 'playwright';

/** What may be recorded of a run: nothing, its requests and answers (HAR 1.2), or a Playwright trace. */
export const RECORD_KINDS = ['off', 'har', 'trace'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** A recording as the browser's driver made it: full of secrets. */
export interface RawRecording {
  kind: Exclude<RecordKind, 'off'>;
  bytes: Buffer;
}

/** Records one context. Its file lies in the thread's own temporary folder, and only until it was read. */
export class Recorder {
  readonly #context: BrowserContext;
  readonly #kind: Exclude<RecordKind, 'off'>;
  readonly #file: string;
  #finished: Promise<RawRecording | null> | null = null;

  private constructor(context: BrowserContext, kind: Exclude<RecordKind, 'off'>, folder: string) {
    this.#context = context;
    this.#kind = kind;
    this.#file = path.join(folder, `${randomUUID()}.${kind === 'har' ? 'har' : 'zip'}`);
  }

  /** Pictures are left out: nothing could be taken out of them. */
  static async start(context: BrowserContext, kind: Exclude<RecordKind, 'off'>, folder: string): Promise<Recorder> {
    const recorder = new Recorder(context, kind, folder);
    if (kind === 'har') await context.tracing.startHar(recorder.#file, { content: 'embed' });
    else await context.tracing.start({ screenshots: false, snapshots: true, sources: false });
    return recorder;
  }

  /** What was recorded until now, while the context is still open; null when the browser is gone. Records no more. */
  finish(): Promise<RawRecording | null> {
    this.#finished ??= this.#read().catch(() => null);
    return this.#finished;
  }

  async #read(): Promise<RawRecording> {
    try {
      if (this.#kind === 'har') await this.#context.tracing.stopHar();
      else await this.#context.tracing.stop({ path: this.#file });
      return { kind: this.#kind, bytes: await readFile(this.#file) };
    } finally {
      await rm(this.#file, { force: true });
    }
  }
}
