import { noteHolder, type ReservedCounters, reserveCounters, settleCounters } from '../codes/passkey-counter.ts';
import type { PasskeyAnswer } from '../execution/protocol.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Run } from '../storage/rows.ts';
import type { VaultPasskey } from '../vaults/vault.ts';
import type { RunServices } from './run-services.ts';

/** A run's passkey as main knows it: handed out once, with counters of its own. */
export class RunPasskey {
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Pick<Run, 'id' | 'credential_id'>;
  #reserved: ReservedCounters | null = null;
  /** How far its counter came, once nothing can sign with it any more. */
  #signCount: number | null = null;
  #takenBack = false;

  constructor(services: RunServices, db: OrganizationDb, run: Pick<Run, 'id' | 'credential_id'>) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
  }

  /** One run at a time per passkey: what is held meanwhile. */
  leaseKey(passkey: VaultPasskey): Promise<string> {
    return this.#services.dataKeys.hmac(this.#db, 'passkey lease', passkey.id);
  }

  /** The passkey with counters of the run's own; null when the run had it before. */
  async handOut(passkey: VaultPasskey): Promise<PasskeyAnswer> {
    if (this.#reserved) return null;
    const { id, rp_id, user_handle, private_key } = passkey;
    this.#reserved = await reserveCounters(this.#services.dataKeys, this.#db, {
      passkeyId: id,
      known: passkey.sign_count,
    });
    // Before the worker has it: after a crash nobody can say whether it signed.
    await this.#db.run.updateMany({ where: { id: this.#run.id }, data: { passkey_given_at: new Date() } });
    await noteHolder(this.#db, this.#run.credential_id, this.#reserved);
    return { id, rp_id, user_handle, private_key, sign_count: this.#reserved.from };
  }

  /** The worker has taken the passkey out of its browser, and tells how far the counter came. */
  settled(signCount: number): void {
    if (this.#reserved && signCount >= this.#reserved.from) this.#signCount ??= signCount;
  }

  /** It came back without having signed. */
  async noteUnused(): Promise<void> {
    if (this.#signCount === null || this.used) return;
    await this.#db.run.updateMany({ where: { id: this.#run.id }, data: { passkey_given_at: null } });
  }

  /** The site refused what the passkey signed, rather than a code. */
  get used(): boolean {
    return this.#signCount !== null && this.#signCount !== this.#reserved?.from;
  }

  /**
   * Whether the passkey was handed out and taken back without having signed: its stage was begun, nothing of it was
   * submitted, and a code may still be. True once.
   */
  takeBack(): boolean {
    if (this.#takenBack || this.#signCount === null || this.#signCount !== this.#reserved?.from) return false;
    this.#takenBack = true;
    return true;
  }

  /** After the run, however it ended. Where the worker could not tell, the counters set aside stay used. */
  async writeBack(): Promise<void> {
    if (this.#reserved && this.#signCount !== null) await settleCounters(this.#db, this.#reserved, this.#signCount);
  }
}
