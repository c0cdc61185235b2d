import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Actor } from '../audit/audit-event.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database, OrganizationDb, OrganizationModels } from '../storage/db.ts';
import type { DataKey } from '../storage/rows.ts';
import {
  fingerprint,
  loadMasterKeys,
  type MasterKeyConfig,
  type MasterKeys,
  newMasterKey,
  replaceKeyFile,
} from './master-keys.ts';
import { KEY_BYTES, lengthPrefixed, open, seal } from './seal.ts';
import { allDataKeys, type DataKeyRow, unwrapKey, verifyMasterKeys, wrapKey } from './wrapped-keys.ts';

/** Seals and opens bytes under the data key of the caller's organization. */
export interface Sealer {
  seal(
    db: OrganizationModels,
    place: { record: string; field: string },
    plain: Uint8Array,
  ): Promise<{ data_key_id: string; sealed: Uint8Array<ArrayBuffer> }>;
  /** Throws `unseal_failed` when the bytes were not sealed for exactly this organization, record and field. */
  open(
    db: OrganizationModels,
    place: { record: string; field: string; data_key_id: string },
    sealed: Uint8Array,
  ): Promise<Buffer>;
}

/** An organization's keys in memory: one seals, all open, and the HMAC key never changes. */
interface OrganizationKeys {
  current: string;
  keys: Map<string, Buffer>;
  hmacKey: Buffer;
  /** When they were read, by `performance.now()`. */
  readAt: number;
}

/** Keys are read again after so many milliseconds: another process may have made a new one. */
const REFRESH_MS = 30_000;

function hmacKeyOf(root: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), 'keyturn hmac', KEY_BYTES));
}

/** The data keys of all organizations, wrapped by the master key in the database, unwrapped in memory as they are used. */
export class DataKeys implements Sealer {
  readonly #database: Database;
  readonly #dataDir: string;
  readonly #source: MasterKeys['source'];
  #masterKeys: readonly Buffer[];
  readonly #organizations = new Map<string, OrganizationKeys>();
  /** New keys on their way to the database: a rotation that missed one would leave it under a key that is thrown away. */
  readonly #creating = new Set<Promise<unknown>>();
  #rotation: Promise<void> = Promise.resolve();

  private constructor(database: Database, dataDir: string, master: MasterKeys) {
    this.#database = database;
    this.#dataDir = dataDir;
    this.#source = master.source;
    this.#masterKeys = master.keys;
  }

  /** Refuses master keys that others than these wrap: `bad_master_key`, before data of an older version is migrated. */
  static async check(config: MasterKeyConfig, masterKeyIds: readonly string[]): Promise<void> {
    if (masterKeyIds.length === 0) return;
    const { keys } = await loadMasterKeys(config, true);
    const known = keys.map(fingerprint);
    if (masterKeyIds.some((id) => !known.includes(id))) throw new KeyturnError('bad_master_key');
  }

  /**
   * Loads the master key (made at the first start), checks that it opens every stored data key, and finishes a rotation
   * that was under way. Throws `bad_master_key`, with nothing changed, when it does not.
   */
  static async load(config: MasterKeyConfig, database: Database): Promise<DataKeys> {
    const db = database.asSystem('key-rotation');
    const master = await loadMasterKeys(config, (await db.dataKey.count()) > 0);
    await verifyMasterKeys(db, master.keys);
    const dataKeys = new DataKeys(database, config.dataDir, master);
    if (master.keys.length > 1) await dataKeys.#finishRotation('service');
    return dataKeys;
  }

  /** Looks again: another process may have begun to fill an empty database under another key. Throws `bad_master_key`. */
  async verify(): Promise<void> {
    await verifyMasterKeys(this.#database.asSystem('key-rotation'), this.#masterKeys);
  }

  /**
   * Makes the data key of a new organization and hands its row to `store`, which returns once it is committed together
   * with the organization. A rotation waits for it.
   */
  async create<T>(organizationId: string, store: (row: DataKeyRow) => Promise<T>): Promise<T> {
    return this.#tracked(() => store(this.#newRow(organizationId, 'seal', randomBytes(KEY_BYTES))));
  }

  /**
   * Makes a new data key for an organization, under which everything is sealed from now on; the one before only opens.
   * Throws `conflict` while an earlier one still has rows sealed under it, or another call is rotating.
   */
  async rotate(db: OrganizationDb, actor: Actor): Promise<void> {
    // What is in memory may be older than another process' rotation.
    this.forget(db);
    await this.#tracked(async () => {
      await db.transaction(async (tx) => {
        const { current, hmacKey } = await this.#keysOf(tx);
        // Conditional: of two calls at once one retires it.
        const { count } = await tx.dataKey.updateMany({
          where: { id: current, retired_at: null },
          data: { retired_at: new Date() },
        });
        // Read only now: nobody else ends a rotation after this one holds the row.
        const others = await tx.dataKey.findMany({ where: { destroyed_at: null, id: { not: current } } });
        if (count === 0 || others.some((row) => row.retired_at !== null)) {
          throw new KeyturnError('conflict', { detail: 'The data key is being rotated; wait until that is done.' });
        }
        const fresh = this.#newRow(db.organizationId, 'seal', randomBytes(KEY_BYTES));
        await tx.dataKey.create({ data: fresh });
        // Until now it followed from the first data key, which is about to go.
        if (!others.some((row) => row.purpose === 'hmac')) {
          await tx.dataKey.create({ data: this.#newRow(db.organizationId, 'hmac', hmacKey) });
        }
        await AuditLog.write(tx, { actor, action: 'data_key.rotated', subject: fresh.id, related: current });
      });
      this.forget(db);
    });
  }

  /** Reads the organization's keys anew at their next use. */
  forget(db: OrganizationModels): void {
    this.#organizations.delete(db.organizationId);
  }

  #newRow(organizationId: string, purpose: 'seal' | 'hmac', key: Buffer): DataKeyRow {
    const [master] = this.#masterKeys;
    if (!master) throw new KeyturnError('bad_master_key');
    const name = { id: newId('dataKey'), organization_id: organizationId, purpose };
    return { ...name, ...wrapKey(master, name, key), created_at: new Date() };
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const stored = work();
    this.#creating.add(stored);
    try {
      return await stored;
    } finally {
      this.#creating.delete(stored);
    }
  }

  async seal(db: OrganizationModels, place: { record: string; field: string }, plain: Uint8Array) {
    const { current, keys } = await this.#keysOf(db);
    const context = { organization: db.organizationId, record: place.record, field: place.field };
    return { data_key_id: current, sealed: seal(keys.get(current) as Buffer, context, plain) };
  }

  async open(
    db: OrganizationModels,
    place: { record: string; field: string; data_key_id: string },
    sealed: Uint8Array,
  ): Promise<Buffer> {
    let key = (await this.#keysOf(db)).keys.get(place.data_key_id);
    if (!key) {
      // Another process may have made it since.
      this.forget(db);
      key = (await this.#keysOf(db)).keys.get(place.data_key_id);
    }
    if (!key) throw new KeyturnError('unseal_failed');
    return open(key, { organization: db.organizationId, record: place.record, field: place.field }, sealed);
  }

  /** HMAC-SHA256 of a text for one purpose under the organization's key, hex. The same over restarts and rotations. */
  async hmac(db: OrganizationModels, purpose: string, text: string): Promise<string> {
    const { hmacKey } = await this.#keysOf(db);
    return createHmac('sha256', hmacKey)
      .update(lengthPrefixed([purpose, text]))
      .digest('hex');
  }

  /**
   * Replaces the master key while the service runs. The key file holds the new and the old key until every data key is
   * rewrapped, so a crash at any point loses nothing: the next start finishes it. Throws `bad_configuration` when the
   * key comes from the environment, where it is rotated by a restart with KEYTURN_MASTER_KEY=new,old.
   */
  rotateMasterKey(actor: Actor): Promise<void> {
    if (this.#source === 'environment') {
      return Promise.reject(
        new KeyturnError('bad_configuration', {
          detail: 'The master key comes from KEYTURN_MASTER_KEY; restart with KEYTURN_MASTER_KEY=new,old to rotate it.',
        }),
      );
    }
    const rotation = this.#rotation.then(async () => {
      const keys = [newMasterKey(), ...this.#masterKeys];
      // On the disk before anything is wrapped by it.
      await replaceKeyFile(this.#dataDir, keys);
      this.#masterKeys = keys;
      await this.#finishRotation(actor);
    });
    this.#rotation = rotation.catch(() => undefined);
    return rotation;
  }

  async #finishRotation(actor: Actor): Promise<void> {
    await Promise.allSettled(this.#creating);
    const [current] = this.#masterKeys;
    if (!current) throw new KeyturnError('bad_master_key');
    const db = this.#database.asSystem('key-rotation');
    for await (const row of allDataKeys(db)) {
      if (row.master_key_id === fingerprint(current)) continue;
      const dataKey = unwrapKey(this.#masterKeys, row);
      if (!dataKey) throw new KeyturnError('bad_master_key');
      const { id, master_key_id } = row;
      const wrapped = wrapKey(current, row, dataKey);
      await this.#database.forOrganization(row.organization_id).transaction(async (tx) => {
        // Conditional: whoever rewrapped it in between did the same, and whoever destroyed it meant it.
        const { count } = await tx.dataKey.updateMany({
          where: { id, master_key_id, destroyed_at: null },
          data: wrapped,
        });
        if (count === 0) return;
        const details = { master_key_id: wrapped.master_key_id };
        await AuditLog.write(tx, { actor, action: 'master_key.rotated', subject: id, details });
      });
    }
    if (this.#source === 'environment') return;
    await replaceKeyFile(this.#dataDir, [current]);
    this.#masterKeys = [current];
  }

  async #keysOf(db: OrganizationModels): Promise<OrganizationKeys> {
    const known = this.#organizations.get(db.organizationId);
    if (known && performance.now() - known.readAt < REFRESH_MS) return known;
    const readAt = performance.now();
    const rows = await db.dataKey.findMany({
      where: { destroyed_at: null },
      orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
    });
    const keys = new Map<string, Buffer>();
    for (const row of rows) keys.set(row.id, unwrapKey(this.#masterKeys, row) ?? (await this.#unwrapAgain(db, row.id)));
    const sealing = rows.filter((row) => row.purpose === 'seal');
    const root = sealing[0];
    const current = sealing.findLast((row) => row.retired_at === null);
    if (!root || !current) throw new KeyturnError('unseal_failed', { detail: 'The organization has no data key.' });
    const kept = rows.find((row) => row.purpose === 'hmac');
    const hmacKey = kept ? (keys.get(kept.id) as Buffer) : hmacKeyOf(keys.get(root.id) as Buffer);
    const found = { current: current.id, keys, hmacKey, readAt };
    this.#organizations.set(db.organizationId, found);
    return found;
  }

  /** A row read just before a rotation ended is under a key that is gone; what is stored by now is under the new one. */
  async #unwrapAgain(db: OrganizationModels, id: string): Promise<Buffer> {
    const row: DataKey | null = await db.dataKey.findFirst({ where: { id } });
    const key = row && unwrapKey(this.#masterKeys, row);
    if (!key) throw new KeyturnError('unseal_failed');
    return key;
  }
}
