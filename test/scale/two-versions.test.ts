import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { readMigrations } from '../../src/storage/migrations.ts';
import { openPostgres } from '../../src/storage/postgres-database.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { newPlace, type Place } from '../support/test-database.ts';

const ADDS = `CREATE TABLE later (id INTEGER);
ALTER TABLE runs ADD COLUMN later TEXT;
ALTER TABLE credentials ADD COLUMN later INTEGER NOT NULL DEFAULT 7;
CREATE INDEX later_runs ON runs (later);`;

describeWith({ name: 'PostgreSQL', available: inject('postgresUrl') !== '' }, 'two versions on one database', () => {
  let place: Place;
  let practice: Practice;
  const services: Service[] = [];
  beforeEach(async () => {
    practice = await startPractice();
    place = await newPlace('postgresql');
  });
  afterEach(async () => {
    for (const service of services.splice(0).reverse()) await service.close();
    await practice.close();
    await place.remove();
  });
  const login = async (service: Service): Promise<unknown> => {
    const { username, password } = practice.ada;
    const url = practice.site.url('classic');
    const { body } = await service.call('POST', '/v1/credentials/test-login', { url, username, password });
    return (await service.finished(body)).outcome;
  };

  test('an older one goes on while a newer one adds to it, and starts again beside it', {
    timeout: 90_000,
  }, async () => {
    const { databaseUrl } = place;
    const env = {
      DATABASE_URL: databaseUrl ?? '',
      KEYTURN_MASTER_KEY: Buffer.alloc(32, 5).toString('base64'),
      KEYTURN_ARTIFACTS: path.join(place.dataDir, 'artifacts'),
    };
    const older = await startService(env);
    services.push(older);
    expect(await login(older)).toBe('logged_in');

    const later = {
      name: '20990101000000_later',
      sql: ADDS,
      checksum: createHash('sha256').update(ADDS).digest('hex'),
    };
    const hooks = { checkKeys: async () => undefined, onNewer: () => undefined };
    const all = [...readMigrations('postgresql'), later];
    await (await openPostgres(databaseUrl ?? '', () => undefined, hooks, all)).close();

    expect(await login(older)).toBe('logged_in');
    const again = await startService({ ...env, KEYTURN_API_KEY: older.key, KEYTURN_ROLE: 'api' });
    services.push(again);
    expect(again.log()).toContain('a newer Keyturn has added to the database');
    expect(again.log()).toContain(later.name);
    expect(await login(again), 'the other process drives it').toBe('logged_in');
  });
});
