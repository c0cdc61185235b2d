import { Client } from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { readme } from '../support/readme.ts';
import { describeWith } from '../support/skip.ts';
import { newOrganization, newPlace } from '../support/test-database.ts';

/** Of one process, as the README says. */
const MOST = 20;
/** More at a time than there are connections for. */
const ASKING = 30;

describeWith({ name: 'PostgreSQL', available: inject('postgresUrl') !== '' }, 'connections', () => {
  test('a busy process holds as many as the README says, and no more', { timeout: 60_000 }, async () => {
    const place = await newPlace('postgresql');
    onTestFinished(place.remove);
    const storage = await openStorage(place);
    onTestFinished(storage.close);
    const client = new Client({ connectionString: place.databaseUrl ?? '' });
    await client.connect();
    onTestFinished(() => client.end());
    const held = async (): Promise<Record<string, number>> => {
      const { rows } = await client.query(`SELECT application_name AS name, count(*)::int AS sessions
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1`);
      return Object.fromEntries(rows.map(({ name, sessions }) => [name, sessions]));
    };

    const { database, queue, bus } = storage;
    bus.subscribe(() => undefined);
    await queue.listen(() => undefined);
    const db = await newOrganization(storage);
    const system = database.asSystem('sweep');
    const over = Promise.withResolvers<void>();
    const work = Array.from({ length: ASKING }, (_, at) => [
      db.transaction(async (tx) => {
        await queue.announce(tx, `wr_${at}`);
        await over.promise;
      }),
      system.transaction(async (tx) => {
        await tx.run.count();
        await over.promise;
      }),
    ]).flat();
    try {
      await expect.poll(held, { timeout: 20_000 }).toMatchObject({ keyturn: 15, 'keyturn-bus': 1 });
      const { 'keyturn-queue': ofQueue = 0, ...others } = await held();
      expect(others).toEqual({ keyturn: 15, 'keyturn-bus': 1 });
      // One listens, and up to three work as it needs them.
      expect(ofQueue).toBeGreaterThan(0);
      expect(15 + 1 + ofQueue).toBeLessThanOrEqual(MOST);
    } finally {
      over.resolve();
      await Promise.all(work);
    }
    expect(/A process holds up to (\w+) connections/.exec(readme())?.[1]).toBe('twenty');
  });
});
