/**
 * A process of its own that the tests kill: `storage-program.ts hold|write <data folder> [database url]`. `hold` opens
 * the storage and keeps it; `write` commits one transaction of two rows after the other and prints the number of each
 * when it was acknowledged.
 */
import { openStorage } from '../../src/storage/open-storage.ts';

const [, , mode, dataDir = '', databaseUrl = null] = process.argv;

async function write(): Promise<void> {
  const storage = await openStorage({ dataDir, databaseUrl });
  const id = 'o_writer';
  await storage.database.asSystem('setup').organization.create({ data: { id, name: id, created_at: new Date() } });
  const db = storage.database.forOrganization(id);
  const row = (name: string) => ({ organization_id: id, lease_key: name, run_id: 'wr_1', expires_at: new Date(0) });
  for (let number = 0; ; number += 1) {
    await db.transaction(async (tx) => {
      await tx.lease.create({ data: row(`first-${number}`) });
      await tx.lease.create({ data: row(`second-${number}`) });
    });
    process.stdout.write(`committed ${number}\n`);
  }
}

async function hold(): Promise<void> {
  await openStorage({ dataDir, databaseUrl });
  process.stdout.write('holding\n');
  setInterval(() => {}, 60_000);
}

await (mode === 'write' ? write() : hold());
