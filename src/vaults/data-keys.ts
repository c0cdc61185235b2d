import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import { KeyturnError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Database, Models, OrganizationModels } from '../storage/db.ts';
import { fingerprint, loadMasterKeys, type MasterKeys, newMasterKey, replaceKeyFile } from './master-keys.ts';
import { KEY_BYTES, lengthPrefixed, open, seal } from './seal.ts';

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

/** A wrapped data key as its row. */
export interface DataKeyRow {
  id: string;
  organization_id: string;
  master_key_id: string;
  wrapped: Uint8Array<ArrayBuffer>;
  created_at: Date;
}

/** An organization's keys in memory: the newest seals, all open, and the HMAC key stays that of the first. */
interface OrganizationKeys {
  current: string;
  keys: Map<string, Buffer>;
  hmacKey: Buffer;
}

const PAGE = 500;

function wrapContext(row: { id: string; organization_id: string }) {
  return { organization: row.organization_id, record: row.id, field: 'data key' };
}

function unwrap(masterKeys: readonly Buffer[], row: DataKeyRow): Buffer | null {
  const master = masterKeys.find((key) => fingerprint(key) === row.master_key_id);
  return master ? open(master, wrapContext(row), row.wrapped) : null;
}

function wrap(master: Buffer, row: { id: string; organization_id: string }, dataKey: Buffer) {
  return { master_key_id: fingerprint(master), wrapped: seal(master, wrapContext(row), dataKey) };
}

/** Every wrapped data key, a page at a time. */
async function* allDataKeys(db: Pick<Models, 'dataKey'>): AsyncGenerator<DataKeyRow> {
  let after = '';
  while (true) {
    const rows = await db.dataKey.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: PAGE });
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}

/** Refuses a master key that does not open what is stored, before anything is changed. */
async function verify(db: Pick<Models, 'dataKey'>, masterKeys: readonly Buffer[]): Promise<void> {
  for await (const row of allDataKeys(db)) {
    try {
      if (unwrap(masterKeys, row)) continue;
    } catch (error) {
      throw new KeyturnError('bad_master_key', { cause: error });
    }
    throw new KeyturnError('bad_master_key');
  }
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

  /**
   * Loads the master key (made at the first start), checks that it opens every stored data key, and finishes a rotation
   * that was under way. Throws `bad_master_key`, with nothing changed, when it does not.
   */
  static async load(config: Pick<Config, 'masterKeys' | 'dataDir'>, database: Database): Promise<DataKeys> {
    const db = database.asSystem('key-rotation');
    const master = await loadMasterKeys(config, (await db.dataKey.count()) > 0);
    await verify(db, master.keys);
    const dataKeys = new DataKeys(database, config.dataDir, master);
    if (master.keys.length > 1) await dataKeys.#finishRotation();
    return dataKeys;
  }

  /**
   * Makes the data key of a new organization and hands its row to `store`, which returns once it is committed together
   * with the organization. A rotation waits for it.
   */
  async create<T>(organizationId: string, store: (row: DataKeyRow) => Promise<T>): Promise<T> {
    const [master] = this.#masterKeys;
    if (!master) throw new KeyturnError('bad_master_key');
    const key = { id: newId('dataKey'), organization_id: organizationId };
    const stored = store({ ...key, ...wrap(master, key, randomBytes(KEY_BYTES)), created_at: new Date() });
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
    const key = (await this.#keysOf(db)).keys.get(place.data_key_id);
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
  rotateMasterKey(): Promise<void> {
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
      await this.#finishRotation();
    });
    this.#rotation = rotation.catch(() => undefined);
    return rotation;
  }

  async #finishRotation(): Promise<void> {
    await Promise.allSettled(this.#creating);
    const [current] = this.#masterKeys;
    if (!current) throw new KeyturnError('bad_master_key');
    const db = this.#database.asSystem('key-rotation');
    for await (const row of allDataKeys(db)) {
      if (row.master_key_id === fingerprint(current)) continue;
      const dataKey = unwrap(this.#masterKeys, row);
      if (!dataKey) throw new KeyturnError('bad_master_key');
      // Conditional: whoever rewrapped it in between did the same.
      await db.dataKey.updateMany({
        where: { id: row.id, organization_id: row.organization_id, master_key_id: row.master_key_id },
        data: wrap(current, row, dataKey),
      });
    }
    if (this.#source === 'environment') return;
    await replaceKeyFile(this.#dataDir, [current]);
    this.#masterKeys = [current];
  }

  async #keysOf(db: OrganizationModels): Promise<OrganizationKeys> {
    const known = this.#organizations.get(db.organizationId);
    if (known) return known;
    const rows: DataKeyRow[] = await db.dataKey.findMany({ orderBy: [{ created_at: 'asc' }, { id: 'asc' }] });
    const keys = new Map<string, Buffer>();
    for (const row of rows) {
      const key = unwrap(this.#masterKeys, row) ?? (await this.#unwrapAgain(db, row.id));
      keys.set(row.id, key);
    }
    const [first] = rows;
    const last = rows.at(-1);
    if (!first || !last) throw new KeyturnError('unseal_failed', { detail: 'The organization has no data key.' });
    const root = keys.get(first.id) as Buffer;
    const hmacKey = Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), 'keyturn hmac', KEY_BYTES));
    const found = { current: last.id, keys, hmacKey };
    this.#organizations.set(db.organizationId, found);
    return found;
  }

  /** A row read just before a rotation ended is under a key that is gone; what is stored by now is under the new one. */
  async #unwrapAgain(db: OrganizationModels, id: string): Promise<Buffer> {
    const row = await db.dataKey.findFirst({ where: { id } });
    const key = row && unwrap(this.#masterKeys, row);
    if (!key) throw new KeyturnError('unseal_failed');
    return key;
  }
}
