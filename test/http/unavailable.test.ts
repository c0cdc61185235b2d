import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type Road, roadTo } from '../support/cut-off.ts';
import { type Service, startService } from '../support/service.ts';
import { describeWith } from '../support/skip.ts';
import { newPlace, type Place } from '../support/test-database.ts';

describeWith({ name: 'PostgreSQL', available: inject('postgresUrl') !== '' }, 'while the database is away', () => {
  let place: Place;
  let road: Road;
  let service: Service;
  beforeEach(async () => {
    place = await newPlace('postgresql');
    const url = new URL(place.databaseUrl ?? '');
    road = await roadTo(url.hostname, Number(url.port));
    url.host = `127.0.0.1:${road.port}`;
    service = await startService({ DATABASE_URL: url.href });
  });
  afterEach(async () => {
    await service.close();
    await road.close();
    await place.remove();
  });

  test('calls are 503 with a time to come back, and nothing of the database is told', { timeout: 60_000 }, async () => {
    const create = () =>
      service.call('POST', '/v1/credentials', {
        name: 'n',
        credential_type: 'password',
        credential: { password: 'kt-while-away' },
      });
    const stored = await create();
    expect(stored.status).toBe(201);
    await road.cut();
    for (const call of [
      () => service.call('GET', '/v1/credentials'),
      create,
      () =>
        service.call('POST', '/v1/credentials/test-login', { url: 'https://example.com', password: 'kt-while-away' }),
      () => service.call('GET', `/v1/credentials/${stored.body.credential_id}`),
    ]) {
      const { status, body, headers } = await call();
      expect([status, body.code, body.detail]).toEqual([503, 'unavailable', 'The service cannot do this right now.']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const ready = await service.call('GET', '/health/ready');
    expect([ready.status, JSON.stringify(ready.body)]).toEqual([503, expect.stringContaining('database')]);
    expect((await service.call('GET', '/health/live')).status).toBe(200);

    await road.mend();
    await expect.poll(async () => (await service.call('GET', '/health/ready')).status, { timeout: 20_000 }).toBe(200);
    expect((await service.call('GET', '/v1/credentials')).body).toHaveLength(1);
  });
});
