import { EarlyMailbox, type MailboxSnapshot } from '../codes/early-mailbox.ts';
import type { MailboxConnection } from '../codes/mailbox-connection.ts';
import { openMailbox } from '../codes/open-mailbox.ts';
import { mailboxOf } from '../credentials/credential.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Credential } from '../storage/rows.ts';
import type { RunSecrets } from './run-secrets.ts';
import type { RunServices } from './run-services.ts';

/**
 * The mailbox of a run, opened as the run starts: how far its folder had come before anything was submitted tells new
 * mail from old, whatever the clock of the mail server says.
 */
export class RunMailbox {
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #credential: Credential;
  readonly #secrets: RunSecrets;
  readonly #over = new AbortController();
  #early: EarlyMailbox | null = null;
  #snapshot: MailboxSnapshot | null = null;

  constructor(services: RunServices, db: OrganizationDb, credential: Credential, secrets: RunSecrets) {
    this.#services = services;
    this.#db = db;
    this.#credential = credential;
    this.#secrets = secrets;
  }

  /** Begins to open it, where there is one. */
  open(signal: AbortSignal): void {
    if (mailboxOf(this.#credential) === null) return;
    this.#early = new EarlyMailbox(this.#connect(AbortSignal.any([signal, this.#over.signal])));
  }

  async #connect(signal: AbortSignal): Promise<MailboxConnection> {
    const { mailbox } = await this.#secrets.secret();
    signal.throwIfAborted();
    if (!mailbox) throw new Error('the mailbox was taken away');
    const { mailboxTokens, client } = this.#services;
    const onSecrets = (values: readonly string[]) => this.#secrets.hide(values);
    return openMailbox({ mailboxTokens, client }, this.#db, mailbox, { attempt: 0, signal, onSecrets });
  }

  /** Before a stage may be submitted that mail can come of: what is known by now is from before it. */
  async beforeSubmission(): Promise<void> {
    await this.#early?.settled();
    this.#snapshot = this.#early?.snapshot ?? null;
  }

  /** How far the folder had come before the last such submission; null where the mailbox was too slow. */
  get snapshot(): MailboxSnapshot | null {
    return this.#snapshot;
  }

  get early(): EarlyMailbox | null {
    return this.#early;
  }

  /** After the run. */
  close(): void {
    this.#over.abort(new Error('the run is over'));
    this.#early?.close();
  }
}
