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
 * emptied, when the run is over; what a vault answers after that is nobody's.
 */
export class RunSecrets {
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Run;
  readonly #credential: Credential;
  #read: Promise<PasswordSecret> | null = null;
  #startUrl: Promise<string | null> | null = null;
  readonly #values = new Set<string>();
  #over = false;

  constructor(services: RunServices, db: OrganizationDb, run: Run, credential: Credential) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
    this.#credential = credential;
  }

  /**
   * What the vault holds; it is asked once a run, and again only after it failed. Throws what the vault throws, and where
   * the run is over.
   */
  secret(): Promise<PasswordSecret> {
    this.#read ??= this.#fromVault();
    // A vault or database that was away is asked again.
    this.#read.catch(() => {
      this.#read = null;
    });
    return this.#read;
  }

  async #fromVault(): Promise<PasswordSecret> {
    this.#mustGoOn();
    const reader = { actor: 'service', related: this.#run.id } as const;
    const secret = await readSecret(this.#services, this.#db, this.#credential, reader);
    this.#hide({ secret, times: [Date.now()] });
    return secret;
  }

  /** The secret address the run begins at, if it does. Throws where the run is over. */
  startUrl(): Promise<string | null> {
    this.#startUrl ??= this.#openStartUrl();
    this.#startUrl.catch(() => {
      this.#startUrl = null;
    });
    return this.#startUrl;
  }

  async #openStartUrl(): Promise<string | null> {
    this.#mustGoOn();
    const url = await openStartUrl(this.#services.dataKeys, this.#db, this.#run);
    if (url !== null) this.#hide({ links: [url] });
    return url;
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
    this.#over = true;
    this.#read = null;
    this.#startUrl = null;
    this.#values.clear();
    this.#services.scrubber.remove(this.#run.id);
  }

  #mustGoOn(): void {
    if (this.#over) throw new Error('the run is over');
  }

  #hide(known: Partial<RunKnowledge>): void {
    // Nobody would take it out of the list again.
    this.#mustGoOn();
    const nothing: RunKnowledge = { secret: null, links: [], codes: [], sessions: [], times: [] };
    const values = sensitiveValuesFor({ ...nothing, ...known });
    for (const value of values) this.#values.add(value);
    this.#services.scrubber.add(this.#run.id, values);
  }
}
