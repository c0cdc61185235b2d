import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { SessionState } from '../login/outcome.ts';
import type { OrganizationModels } from '../storage/db.ts';
import type { BrowserProfile } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import { sealedById } from '../vaults/sealed-place.ts';
import type { ProfileState } from './profile.ts';

const place = (id: string) => ({ record: id, field: 'session' });

export const SEALED_SESSIONS = sealedById('browserProfile', place);

/** Lists and look-ups leave the sealed session where it is: it can be megabytes. */
const WITHOUT_SESSION = { sealed: true } as const;

/** A profile without its session. */
export type ProfileRow = Omit<BrowserProfile, 'sealed'>;

export interface NewProfile {
  name: string;
  description?: string | null;
  credentialId: string | null;
  session: SessionState;
}

function notFound(): KeyturnError {
  return new KeyturnError('not_found', { detail: 'There is no browser profile with this id.' });
}

/** Sealed sessions. A profile and its credential name each other; both ends are written in one transaction. */
export class ProfileStore {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** Stores a session as a new profile. Does not touch the credential. */
  async create(tx: OrganizationModels, profile: NewProfile): Promise<ProfileRow> {
    const id = newId('browserProfile');
    const now = new Date();
    return tx.browserProfile.create({
      data: {
        id,
        organization_id: tx.organizationId,
        name: profile.name,
        description: profile.description ?? null,
        credential_id: profile.credentialId,
        state: 'ok' satisfies ProfileState,
        ...(await this.#seal(tx, id, profile.session)),
        created_at: now,
        modified_at: now,
      },
      omit: WITHOUT_SESSION,
    });
  }

  /**
   * Publishes a session that passed its restore test: replaces the one of the credential's profile, which keeps its id,
   * or makes a profile when there is none (any more). Returns its id; the caller links the credential.
   */
  async publish(
    tx: OrganizationModels,
    profile: { profileId: string | null; credentialId: string; name: string; session: SessionState },
  ): Promise<string> {
    const { profileId, credentialId, name, session } = profile;
    if (profileId !== null) {
      const replaced = await tx.browserProfile.updateMany({
        where: { id: profileId, credential_id: credentialId },
        data: {
          ...(await this.#seal(tx, profileId, session)),
          state: 'ok' satisfies ProfileState,
          modified_at: new Date(),
        },
      });
      if (replaced.count === 1) return profileId;
    }
    return (await this.create(tx, { name, credentialId, session })).id;
  }

  /** The session restored badly after a login that worked: it is kept, but nobody should count on it. */
  async markSuspect(tx: OrganizationModels, id: string): Promise<void> {
    await tx.browserProfile.updateMany({
      where: { id },
      data: { state: 'suspect' satisfies ProfileState, modified_at: new Date() },
    });
  }

  /** Throws `not_found`. */
  async find(db: OrganizationModels, id: string): Promise<ProfileRow> {
    const row = await db.browserProfile.findFirst({ where: { id }, omit: WITHOUT_SESSION });
    if (!row) throw notFound();
    return row;
  }

  /** A page of profiles, newest first, and how many there are. `page` counts from 1. */
  async list(db: OrganizationModels, page: number, pageSize: number): Promise<{ rows: ProfileRow[]; total: number }> {
    const rows = await db.browserProfile.findMany({
      orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
      skip: (page - 1) * pageSize,
      take: pageSize,
      omit: WITHOUT_SESSION,
    });
    return { rows, total: await db.browserProfile.count() };
  }

  /** Throws `not_found`. */
  async describe(
    db: OrganizationModels,
    id: string,
    change: { name?: string; description?: string | null },
  ): Promise<ProfileRow> {
    const { count } = await db.browserProfile.updateMany({
      where: { id },
      data: { ...change, modified_at: new Date() },
    });
    if (count === 0) throw notFound();
    return this.find(db, id);
  }

  /** The session of a profile, or null when the profile is gone. Throws `unseal_failed`. */
  async open(db: OrganizationModels, id: string): Promise<SessionState | null> {
    const row = await db.browserProfile.findFirst({ where: { id } });
    if (!row) return null;
    const { data_key_id } = row;
    const plain = await this.#sealer.open(db, { ...place(id), data_key_id }, row.sealed);
    // What #seal wrote: the seal vouches for it.
    return JSON.parse(plain.toString('utf8')) as SessionState;
  }

  /** Deletes a profile and unlinks its credential. False when there was none. */
  async remove(tx: OrganizationModels, id: string): Promise<boolean> {
    await tx.credential.updateMany({ where: { browser_profile_id: id }, data: { browser_profile_id: null } });
    const { count } = await tx.browserProfile.deleteMany({ where: { id } });
    return count > 0;
  }

  /** Deletes whatever belongs to a credential, linked or left behind. */
  async removeOf(tx: OrganizationModels, credentialId: string): Promise<void> {
    await tx.credential.updateMany({ where: { id: credentialId }, data: { browser_profile_id: null } });
    await tx.browserProfile.deleteMany({ where: { credential_id: credentialId } });
  }

  /**
   * Gives an own profile that belongs to no credential to one. Throws `not_found` for an unknown profile, `conflict` for
   * one that another credential has; the condition is in the update, so of two callers one gets it.
   */
  async claim(tx: OrganizationModels, id: string, credentialId: string): Promise<void> {
    const { count } = await tx.browserProfile.updateMany({
      where: { id, credential_id: null },
      data: { credential_id: credentialId, modified_at: new Date() },
    });
    if (count === 1) return;
    await this.find(tx, id);
    throw new KeyturnError('conflict', { detail: 'This browser profile belongs to another credential.' });
  }

  /**
   * Stores a session that was made elsewhere. With a credential it becomes that credential's profile in place of its
   * former one, which is deleted. Throws `not_found` for an unknown credential, `credential_type_not_testable` for one
   * that no login belongs to.
   */
  async import(tx: OrganizationModels, profile: NewProfile): Promise<ProfileRow> {
    const { credentialId } = profile;
    if (credentialId === null) return this.create(tx, profile);
    const credential = await tx.credential.findFirst({ where: { id: credentialId } });
    if (!credential) throw new KeyturnError('not_found', { detail: 'There is no credential with this id.' });
    if (credential.credential_type !== 'password') {
      throw new KeyturnError('credential_type_not_testable', {
        detail: 'Only a password credential can have a browser profile.',
      });
    }
    await this.removeOf(tx, credentialId);
    const row = await this.create(tx, profile);
    await tx.credential.updateMany({
      where: { id: credentialId },
      data: { browser_profile_id: row.id, modified_at: new Date() },
    });
    return row;
  }

  async #seal(db: OrganizationModels, id: string, session: SessionState) {
    const plain = Buffer.from(JSON.stringify(session), 'utf8');
    return this.#sealer.seal(db, place(id), plain);
  }
}
