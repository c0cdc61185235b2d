import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Service, startServiceOn } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

describeOnEachDatabase('credentials over HTTP', (databases) => {
  let service: Service;
  beforeAll(async () => {
    service = await startServiceOn(databases);
  });
  afterAll(() => service.close());

  const secret = (): string => randomBytes(12).toString('base64url');
  const make = async (body: Record<string, unknown> = {}) =>
    service.call('POST', '/v1/credentials', {
      name: 'a login',
      credential_type: 'password',
      credential: { username: 'ada', password: secret() },
      ...body,
    });
  const rows = async (): Promise<number> => {
    const db = service.runtime.services.storage.database.asSystem('sweep');
    return (await db.credential.count()) + (await db.vaultItem.count()) + (await db.run.count());
  };

  describe('creating', () => {
    test.each([
      [
        'password',
        { username: 'ada', password: secret() },
        { username: 'ada', totp_type: 'none', totp_identifier: null },
      ],
      [
        'PASSWORD',
        { username: 'ada', password: secret(), totp: 'JBSW Y3DP-ehpk3pxp' },
        { username: 'ada', totp_type: 'authenticator', totp_identifier: null },
      ],
      [
        'password',
        { password: secret(), totp_type: 'email', totp_identifier: 'ada@lindgrove.test' },
        { username: null, totp_type: 'email', totp_identifier: 'ada@lindgrove.test' },
      ],
      [
        'credit_card',
        {
          card_number: '4111 1111 1111 1111',
          card_cvv: '987',
          card_exp_month: '12',
          card_exp_year: '2031',
          card_brand: 'visa',
          card_holder_name: 'Ada Lovelace',
        },
        { last_four: '1111', brand: 'visa' },
      ],
      ['SECRET', { secret_value: secret(), secret_label: 'token' }, { secret_label: 'token' }],
      ['secret', { secret_value: secret() }, { secret_label: null }],
    ])('%s %o reads back metadata only', async (type, credential, metadata) => {
      const { status, body } = await make({ credential_type: type, credential });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        credential_id: expect.stringMatching(/^cred_[0-9a-z]{24}$/),
        credential_type: type.toLowerCase(),
        name: 'a login',
        credential: metadata,
        browser_profile_id: null,
        tested_url: null,
        vault_type: 'local',
      });
      expect(body.credential).toEqual(metadata);
      const read = await service.call('GET', `/v1/credentials/${body.credential_id}`);
      expect(read.body).toEqual(body);
    });

    const password = { username: 'ada', password: 'Zq7-never-stored-9f3' };
    test.each<[string, unknown, string]>([
      ['an unknown field', { surprise: 1 }, 'surprise'],
      ['an unknown field of the secret', { credential: { ...password, passwort: 'x' } }, '/credential'],
      ['no name', { name: undefined }, 'name'],
      ['an empty name', { name: '' }, '/name'],
      ['a blank name', { name: '   ' }, '/name'],
      ['a name that is a number', { name: 7 }, '/name'],
      ['another type', { credential_type: 'passkey' }, '/credential_type'],
      ['an empty password', { credential: { password: '' } }, '/credential'],
      ['a card as a password', { credential: { card_number: '4111111111111111' } }, '/credential'],
      ['a seed that is no base32', { credential: { ...password, totp: 'not base32 !!' } }, ''],
      [
        'a seed of ten-digit codes',
        { credential: { ...password, totp: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=99999' } },
        '',
      ],
      [
        'a counter instead of a clock',
        { credential: { ...password, totp: 'otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=1' } },
        '',
      ],
      ['an origin with a path', { credential: { ...password, allowed_origins: ['https://a.test/path'] } }, ''],
      ['another vault', { vault_type: 'cellar' }, '/vault_type'],
      ['an unknown profile', { browser_profile_id: 'bp_000000000000000000000000' }, ''],
    ])('%s is refused, and nothing is stored or said back', async (_name, change, place) => {
      const before = await rows();
      const answer = await make({ credential: password, ...(change as object) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.body).toMatchObject({
        type: 'Error',
        uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        code: expect.any(String),
        status_code: answer.status,
        detail: expect.stringMatching(/\.$/),
      });
      if (place) expect(JSON.stringify(answer.body.errors)).toContain(place);
      expect(answer.text).not.toContain(password.password);
      expect(service.log()).toContain(answer.body.uuid);
      expect(service.log()).not.toContain(password.password);
      expect(await rows()).toBe(before);
    });
  });

  test('the list is newest first, in pages, with the total beside it', async () => {
    const names = Array.from({ length: 5 }, (_, index) => `listed ${index}`);
    for (const name of names) await make({ name });
    const { body, headers } = await service.call('GET', '/v1/credentials?page=1&page_size=3');
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['listed 4', 'listed 3', 'listed 2']);
    const total = Number(headers.get('x-total-count'));
    const second = await service.call('GET', '/v1/credentials?page=2&page_size=3');
    expect(second.body.slice(0, 2).map(({ name }: { name: string }) => name)).toEqual(['listed 1', 'listed 0']);
    const all = await service.call('GET', '/v1/credentials?page_size=200');
    expect(all.body.length).toBe(total);
    expect((await service.call('GET', '/v1/credentials?page=1000')).body).toEqual([]);
    for (const query of ['page=0', 'page_size=0', 'page_size=201', 'page=x', 'size=3']) {
      expect((await service.call('GET', `/v1/credentials?${query}`)).status, query).toBe(400);
    }
  });

  describe('changing', () => {
    test('PATCH takes name, tested URL and origins, at least one of them', async () => {
      const { body } = await make();
      const path = `/v1/credentials/${body.credential_id}`;
      const change = { name: 'renamed', tested_url: 'https://a.test/login', allowed_origins: ['https://A.test:443'] };
      const changed = await service.call('PATCH', path, change);
      expect(changed.body).toMatchObject({
        name: 'renamed',
        tested_url: change.tested_url,
        allowed_origins: ['https://a.test'],
      });
      for (const bad of [{}, { username: 'x' }, { tested_url: 'ftp://a.test' }, { allowed_origins: ['nowhere'] }]) {
        expect((await service.call('PATCH', path, bad)).status).toBe(400);
      }
      expect((await service.call('GET', path)).body).toEqual(changed.body);
    });

    test.each([
      ['POST', '/update'],
      ['PUT', '/update'],
      ['PUT', ''],
    ])('%s %s replaces the whole secret under the same id', async (method, tail) => {
      const { body } = await make({ credential: { username: 'ada', password: secret(), totp: 'JBSWY3DPEHPK3PXP' } });
      const path = `/v1/credentials/${body.credential_id}`;
      const { status, body: updated } = await service.call(method, path + tail, {
        credential: { username: 'grace', password: secret() },
      });
      expect([status, updated.credential_id]).toEqual([200, body.credential_id]);
      expect(updated.credential).toEqual({ username: 'grace', totp_type: 'none', totp_identifier: null });
      expect((await service.call('GET', path)).body).toEqual(updated);
      expect((await service.call(method, path + tail, { credential: { username: 'only' } })).status).toBe(400);
    });

    test.each([
      ['POST', '/delete'],
      ['DELETE', ''],
      ['DELETE', '/delete'],
    ])('%s %s removes row and secret at once, whatever content type is named', async (method, tail) => {
      const before = await rows();
      const { body } = await make();
      const path = `/v1/credentials/${body.credential_id}`;
      const { status, text } = await service.call(method, path + tail, undefined, { 'content-type': 'text/plain' });
      expect([status, text]).toEqual([204, '']);
      expect((await service.call('GET', path)).status).toBe(404);
      expect((await service.call(method, path + tail)).status).toBe(404);
      expect(await rows()).toBe(before);
    });
  });

  describe('testing', () => {
    test.each([
      [
        'credit_card',
        {
          card_number: '4111111111111111',
          card_cvv: '987',
          card_exp_month: '1',
          card_exp_year: '30',
          card_brand: 'visa',
          card_holder_name: 'A',
        },
      ],
      ['secret', { secret_value: 'some token value' }],
    ])('a %s cannot be tested', async (type, credential) => {
      const { body } = await make({ credential_type: type, credential });
      const { status, body: refused } = await service.call('POST', `/v1/credentials/${body.credential_id}/test`, {
        url: 'https://a.test/',
      });
      expect([status, refused.code]).toEqual([400, 'credential_type_not_testable']);
    });
  });
});
