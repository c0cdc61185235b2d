import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { clientOf } from '../../src/storage/scoped-database.ts';
import { startNodeProgram } from '../support/child-program.ts';
import { describeOnEachDatabase, newOrganization, newPlace, type Place } from '../support/test-database.ts';

const PROGRAM = path.join(import.meta.dirname, 'storage-program.ts');

function startProgram(mode: 'hold' | 'write', place: Place) {
  const argv = [PROGRAM, mode, place.dataDir, ...(place.databaseUrl ? [place.databaseUrl] : [])];
  const program = startNodeProgram(argv, path.dirname(place.dataDir));
  onTestFinished(() => program.close());
  return program;
}

describeOnEachDatabase('a data folder', (databases) => {
  test('belongs to one process until that is killed', async () => {
    const place = await databases.newPlace();
    const holder = startProgram('hold', place);
    await holder.printed(/holding/, 20_000);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(databases.open(place)).rejects.toMatchObject({
        code: 'data_dir_locked',
        message: expect.stringContaining(place.dataDir),
      });
    }
    await holder.close();
    const storage = await databases.open(place);
    await expect(storage.database.check()).resolves.toBeUndefined();
  });

  test('belongs to one storage within a process, until it is closed', async () => {
    const place = await databases.newPlace();
    const storage = await databases.open(place);
    await expect(databases.open(place)).rejects.toMatchObject({ code: 'data_dir_locked' });
    await storage.close();
    await (await databases.open(place)).close();
  });

  test('is not held by a start that failed', async () => {
    const place = await databases.newPlace();
    const broken = { ...place, databaseUrl: 'postgresql://keyturn:hunter2-hunter2@127.0.0.1:1/keyturn' };
    await expect(databases.open(broken)).rejects.toMatchObject({ code: 'database_unreachable' });
    await (await databases.open(place)).close();
  });

  test('and its files can be read by their owner only', async () => {
    const place = await databases.newPlace();
    const storage = await databases.open(place);
    await newOrganization(storage);
    const mode = (file: string) => (lstatSync(file).mode & 0o777).toString(8);
    expect(mode(place.dataDir)).toBe('700');
    for (const name of readdirSync(place.dataDir))
      expect([name, mode(path.join(place.dataDir, name))]).toEqual([name, '600']);
  });
});

describeOnEachDatabase('what was acknowledged', (databases) => {
  test('is there after kill -9, and nothing is there by half', { timeout: 60_000 }, async () => {
    const place = await databases.newPlace();
    const writer = startProgram('write', place);
    await writer.printed(/committed 150\n/, 30_000);
    await writer.close();
    const acknowledged = [...writer.output().matchAll(/committed (\d+)\n/g)].map((match) => Number(match[1]));
    const storage = await databases.open(place);
    const rows = await storage.database.forOrganization('o_writer').lease.findMany();
    const keys = new Set(rows.map((row) => row.lease_key));
    expect(acknowledged.filter((number) => !keys.has(`first-${number}`))).toEqual([]);
    const halves = rows.filter(
      ({ lease_key: key }) => !keys.has(key.replace(/^\w+/, key.startsWith('first') ? 'second' : 'first')),
    );
    expect(halves).toEqual([]);
  });
});

describe('the embedded database', () => {
  const open = async () => {
    const place = await newPlace('sqlite');
    onTestFinished(place.remove);
    const storage = await openStorage(place);
    onTestFinished(storage.close);
    return storage;
  };

  test('keeps its settings on the connection it works with, also after transactions', async () => {
    const storage = await open();
    const db = await newOrganization(storage);
    const settings = async () => {
      const read = async (name: string) =>
        Object.values((await clientOf(db).$queryRawUnsafe<object[]>(`PRAGMA ${name}`))[0] ?? {})[0];
      return {
        journal_mode: await read('journal_mode'),
        synchronous: Number(await read('synchronous')),
        foreign_keys: Number(await read('foreign_keys')),
        busy_timeout: Number(await read('busy_timeout')),
        secure_delete: Number(await read('secure_delete')),
      };
    };
    const wanted = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: 5_000, secure_delete: 1 };
    expect(await settings()).toEqual(wanted);
    await db.transaction((tx) => tx.lease.count());
    expect(await settings()).toEqual(wanted);
    await expect(db.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await settings()).toEqual(wanted);
  });

  test('lets other work go on during a long series of statements', async () => {
    const db = await newOrganization(await open());
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    onTestFinished(() => clearInterval(timer));
    const since = performance.now();
    while (performance.now() - since < 300) await db.transaction((tx) => tx.lease.count());
    expect(turns).toBeGreaterThan(5);
  });

  test('keeps nothing of what was deleted', async () => {
    const place = await newPlace('sqlite');
    onTestFinished(place.remove);
    const marker = randomBytes(24);
    const found = () =>
      readdirSync(place.dataDir).filter((name) => readFileSync(path.join(place.dataDir, name)).includes(marker));
    let storage = await openStorage(place);
    const { organizationId: organization_id } = await newOrganization(storage);
    const item = { organization_id, credential_id: 'cred_1', data_key_id: 'dk_1', created_at: new Date() };
    const db = storage.database.forOrganization(organization_id);
    const sealed = Buffer.concat([marker, Buffer.alloc(20_000, 7)]);
    for (const id of ['vi_1', 'vi_2', 'vi_3']) await db.vaultItem.create({ data: { ...item, id, sealed } });
    await storage.close();
    expect(found()).toEqual(['keyturn.db']);
    storage = await openStorage(place);
    await storage.database.forOrganization(organization_id).vaultItem.deleteMany();
    await storage.close();
    expect(found()).toEqual([]);
  });

  test('runs nothing more in a transaction that SQLite may have ended', async () => {
    const storage = await open();
    const db = await newOrganization(storage);
    const row = (key: string) => ({
      organization_id: db.organizationId,
      lease_key: key,
      run_id: 'wr_1',
      expires_at: new Date(0),
    });
    const attempt = db.transaction(async (tx) => {
      await tx.lease.create({ data: row('before') });
      // What SQLite itself does when the disk is full.
      await clientOf(tx).$executeRawUnsafe('ROLLBACK');
      await clientOf(tx)
        .$executeRawUnsafe('SELECT nothing FROM nowhere')
        .catch(() => {});
      await tx.lease.create({ data: row('after') });
    });
    await expect(attempt).rejects.toThrow();
    expect(await db.lease.count()).toBe(0);
    await db.transaction((tx) => tx.lease.create({ data: row('next') }));
    expect(await db.lease.count()).toBe(1);
  });
});

describe('a start that cannot work says why', () => {
  const failure = async (dataDir: string, databaseUrl: string | null) => {
    const error = await openStorage({ dataDir, databaseUrl }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    return error as Error & { code: string };
  };

  test('a server that refuses connections, without the password', async () => {
    const place = await newPlace('sqlite');
    onTestFinished(place.remove);
    const error = await failure(place.dataDir, 'postgresql://keyturn:hunter2-hunter2@127.0.0.1:1/keyturn');
    expect(error.code).toBe('database_unreachable');
    expect(error.message).toContain('127.0.0.1:1');
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain('hunter2');
  });

  test('a server that accepts and never answers', async () => {
    const place = await newPlace('sqlite');
    onTestFinished(place.remove);
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const error = await failure(place.dataDir, `postgresql://keyturn@127.0.0.1:${port}/keyturn?connect_timeout=1`);
    expect(error.code).toBe('database_unreachable');
    expect(error.message).toContain(`127.0.0.1:${port} cannot be reached (no answer in time)`);
  });

  test('a data folder that is a file', async () => {
    const place = await newPlace('sqlite');
    onTestFinished(place.remove);
    writeFileSync(place.dataDir, '');
    expect(await failure(place.dataDir, null)).toMatchObject({
      code: 'bad_configuration',
      message: expect.stringContaining(place.dataDir),
    });
  });

  test('a lock that cannot be written', async () => {
    const place = await newPlace('sqlite');
    onTestFinished(place.remove);
    mkdirSync(path.join(place.dataDir, 'lock.sqlite'), { recursive: true });
    expect(await failure(place.dataDir, null)).toMatchObject({ code: 'bad_configuration' });
  });
});
