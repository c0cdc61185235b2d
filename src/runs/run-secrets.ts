import type { PasswordSecret } from '../credentials/credential.ts';
import { readSecret } from '../credentials/credential-secret.ts';
import type { SessionState } from '../login/outcome.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Credential, Run } from '../storage/rows.ts';
import type { RunServices } from './run-services.ts';
import { type RunKnowledge, sensitiveValuesFor } from './sensitive-values.ts';
import { openStartUrl } from './start-url.ts';

/**
 * The secrets of one run: read once, and in the scrub list before anybody sees them. They are forgotten, and the list is
 * emptied, when the run is over.
 */
export class RunSecrets {
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Run;
  readonly #credential: Credential;
  #read: Promise<PasswordSecret> | null = null;
  #startUrl: Promise<string | null> | null = null;
  readonly #values = new Set<string>();

  constructor(services: RunServices, db: OrganizationDb, run: Run, credential: Credential) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
    this.#credential = credential;
  }

  /** What the vault holds; it is asked once a run, and again only after it failed. Throws what the vault throws. */
  secret(): Promise<PasswordSecret> {
    this.#read ??= readSecret(this.#services, this.#db, this.#credential, {
      actor: 'service',
      related: this.#run.id,
    }).then((secret) => {
      this.#hide({ secret, times: [Date.now()] });
      return secret;
    });
    // A vault or database that was away is asked again.
    this.#read.catch(() => {
      this.#read = null;
    });
    return this.#read;
  }

  /** The secret address the run begins at, if it does. */
  startUrl(): Promise<string | null> {
    this.#startUrl ??= openStartUrl(this.#services.dataKeys, this.#db, this.#run).then((url) => {
      if (url !== null) this.#hide({ links: [url] });
      return url;
    });
    this.#startUrl.catch(() => {
      this.#startUrl = null;
    });
    return this.#startUrl;
  }

  /** A code that is handed to the site, or a link that is opened there; `time`: the site's (Unix milliseconds). */
  async handOut(kind: 'code' | 'magic_link', value: string, time: number): Promise<void> {
    const secret = await this.secret();
    this.#hide(kind === 'code' ? { secret, codes: [value], times: [time] } : { links: [value] });
  }

  /** Other secrets that came up on the way, such as tokens of its mailbox. */
  hide(tokens: readonly string[]): void {
    this.#hide({ codes: tokens });
  }

  /** The session the run starts from, or the one it won. */
  session(session: SessionState): void {
    this.#hide({ sessions: [session] });
  }

  /** Everything that is known by now and must not be told. */
  get values(): string[] {
    return [...this.#values];
  }

  /** The run is over: nothing of it is held any longer. */
  forget(): void {
    this.#read = null;
    this.#startUrl = null;
    this.#values.clear();
    this.#services.scrubber.remove(this.#run.id);
  }

  #hide(known: Partial<RunKnowledge>): void {
    const nothing: RunKnowledge = { secret: null, links: [], codes: [], sessions: [], times: [] };
    const values = sensitiveValuesFor({ ...nothing, ...known });
    for (const value of values) this.#values.add(value);
    this.#services.scrubber.add(this.#run.id, values);
  }
}
