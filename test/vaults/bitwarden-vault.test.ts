import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackgroundWork } from '../../src/vaults/background-work.ts';
import type { CredentialSecret, Vault } from '../../src/vaults/vault.ts';
import { type BwServe, bitwardenCli } from '../support/bw-serve.ts';
import type { JsonService } from '../support/json-service.ts';
import { describeWith } from '../support/skip.ts';
import { API_TOKEN, type BitwardenBehindProxy, startBitwarden } from './bitwarden-behind-proxy.ts';
import { describeVault, item, newKey, SECRETS } from './vault-contract.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const secretOf = (kind: string) => SECRETS[kind] as CredentialSecret;

describeWith(bitwardenCli, 'Bitwarden', () => {
  let bitwarden: BitwardenBehindProxy;
  let bw: BwServe;
  let background: BackgroundWork;
  let proxy: JsonService;
  beforeAll(async () => {
    bitwarden = await startBitwarden();
    ({ bw, background, proxy } = bitwarden);
  }, 120_000);
  afterAll(() => bitwarden?.stop());
  const open = (over: Record<string, unknown> = {}): Vault => bitwarden.open(over);

  describeVault('bitwarden', async () => {
    const vault = open();
    const create = vault.create.bind(vault);
    return {
      // What goes wrong next is meant for the next call, not for what the one before does in the background.
      vault: Object.assign(vault, {
        create: async (...given: Parameters<typeof create>) => {
          const id = await create(...given);
          await background.idle();
          return id;
        },
      }),
      token: API_TOKEN,
      goWrong(trouble, requests) {
        proxy.troubles.length = 0;
        proxy.troubles.push(...Array.from({ length: requests }, () => trouble));
      },
      close: () => background.idle(),
    };
  });

  describe('a locked vault', () => {
    const lock = async () => expect((await fetch(`${bw.url}/lock`, { method: 'POST' })).ok).toBe(true);

    test('is opened with the master password, once, and the call is done', async () => {
      await lock();
      const before = proxy.requests.length;
      await open().find(newKey(), within());
      const unlocks = proxy.requests.slice(before).filter(({ url }) => url.pathname === '/unlock');
      expect(unlocks).toHaveLength(1);
      await lock();
      await open().check(within());
    });

    test('is opened once by calls at the same time', async () => {
      await lock();
      const before = proxy.requests.length;
      await Promise.all([1, 2, 3, 4].map(() => open().check(within())));
      await Promise.all([1, 2, 3].map(() => open().find(newKey(), within())));
      const unlocks = proxy.requests.slice(before).filter(({ url }) => url.pathname === '/unlock');
      expect(unlocks).toHaveLength(1);
    });

    test('stays locked without it', async () => {
      await lock();
      const vault = open({ master_password: undefined });
      for (const call of [() => vault.check(within()), () => vault.find(newKey(), within())]) {
        await expect(call()).rejects.toMatchObject({
          code: 'vault_refused',
          message: expect.stringMatching(/is locked/),
        });
      }
    });

    test('stays locked with another one, which is tried once and not told', async () => {
      await lock();
      const vault = open({ master_password: 'another master password' });
      const before = proxy.requests.length;
      const refused = vault.find(newKey(), within());
      await expect(refused).rejects.toMatchObject({
        code: 'vault_refused',
        message: expect.stringMatching(/master_password/),
      });
      expect(await refused.catch((error) => error.message)).not.toContain('another master');
      expect(proxy.requests.slice(before).filter(({ url }) => url.pathname === '/unlock')).toHaveLength(1);
    });

    test('that locks itself again at once is not opened for ever', async () => {
      bitwarden.instead = ({ url }) =>
        url.pathname.startsWith('/list')
          ? { status: 400, body: { success: false, message: 'Vault is locked.' } }
          : null;
      const refused = open().find(newKey(), within());
      await expect(refused).rejects.toMatchObject({
        code: 'vault_refused',
        message: expect.stringMatching(/locked itself again/),
      });
      bitwarden.instead = () => null;
    });
  });

  test('the token for the proxy goes with every call', async () => {
    await open().check(within());
    const seen = new Set(proxy.requests.map(({ headers }) => headers.authorization));
    expect([...seen]).toEqual([`Bearer ${API_TOKEN}`]);
  });

  test('the server behind it sees nothing readable, and keeps nothing that was deleted', async () => {
    const vault = open({ folder_id: bw.server.folderId });
    const one = item(secretOf('everything a password credential holds'));
    const id = await vault.create(one, within());
    const kept = JSON.stringify(bw.server.items.get(id));
    expect(kept).toContain(bw.server.folderId);
    for (const text of [
      'grace',
      'plain-Passw0rd',
      'JBSWY3DPEHPK3PXP',
      '1111-2222',
      'shop.example',
      'Mail of the shop',
    ]) {
      expect(kept).not.toContain(text);
    }
    await background.idle();
    await vault.delete(one.key.credentialId, id, within());
    expect(bw.server.items.has(id)).toBe(false);
  });

  const long: [string, CredentialSecret][] = [
    ['a long secret', { credential_type: 'secret', secret_value: '🔑€a"\n'.repeat(10_000), secret_label: 'long' }],
    ['a secret that is no Unicode', { credential_type: 'secret', secret_value: 'a\ud800b', secret_label: null }],
    [
      'a long login',
      {
        credential_type: 'password',
        username: 'ü'.repeat(1024),
        password: '🔑'.repeat(2048),
        totp: `otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&issuer=${'i'.repeat(1900)}`,
        extra_fields: { Tenant: '€'.repeat(4096), Other: '\ud800' },
      },
    ],
  ];
  test.each(long)('%s is kept whole', async (_name, secret) => {
    const vault = open();
    const one = item(secret);
    const id = await vault.create(one, within());
    expect((await vault.read(one.key.credentialId, id, within())).secret).toEqual(secret);
    await background.idle();
    await vault.delete(one.key.credentialId, id, within());
  });

  test('what people made elsewhere is read, as it is at that moment', async () => {
    const { server } = bw;
    const sealed = (texts: Record<string, string>) =>
      Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, server.seal(text)]));
    const vault = open();
    const login = (password: string) => ({
      type: 1,
      name: server.seal('Shop'),
      login: { ...sealed({ username: 'ada', password }), uris: [{ uri: server.seal('https://shop.example/in') }] },
    });
    const id = server.add(login('first-Passw0rd'));
    const addresses = ['https://shop.example/in'];
    const secret = { credential_type: 'password', username: 'ada', totp: null, extra_fields: {} };
    const read = (itemId: string) => vault.read('cred_1', itemId, within());
    expect(await read(id)).toEqual({ secret: { ...secret, password: 'first-Passw0rd' }, addresses });
    server.add({ ...login('second-Passw0rd'), id });
    expect(await read(id)).toEqual({ secret: { ...secret, password: 'second-Passw0rd' }, addresses });

    const uris = [null, 0, 4, 5].map((match) => ({ match, uri: server.seal(`https://shop.example/${match}`) }));
    const first = login('first-Passw0rd');
    const chosen = server.add({ ...first, login: { ...first.login, uris } });
    const where = ['https://shop.example/null', 'https://shop.example/0', null, null];
    expect((await read(chosen)).addresses).toEqual(where);

    const note = server.add({
      type: 2,
      name: server.seal('Token'),
      notes: server.seal('t0ken'),
      secureNote: { type: 0 },
    });
    expect((await read(note)).secret).toEqual({ credential_type: 'secret', secret_value: 't0ken', secret_label: null });
    const card = server.add({ type: 3, name: server.seal('Card'), card: sealed({ number: '4111111111111111' }) });
    expect((await read(card)).secret).toMatchObject({ card_number: '4111111111111111', card_cvv: '' });
    const identity = server.add({ type: 4, name: server.seal('Me'), identity: sealed({ firstName: 'Ada' }) });
    await expect(read(identity)).rejects.toMatchObject({
      code: 'vault_failed',
      message: expect.stringMatching(/neither/),
    });

    // Somebody throws it away.
    server.add({ ...login('second-Passw0rd'), id, deletedDate: new Date().toISOString() });
    await expect(read(id)).rejects.toMatchObject({ code: 'not_found', message: expect.stringMatching(/bin/) });
    for (const made of [id, chosen, note, card, identity]) await vault.delete('cred_1', made, within());
    expect(server.items.size).toBe(0);
  });

  test('an item is not read as it was before somebody changed it', async () => {
    const vault = open();
    const one = item(secretOf('secret'));
    const id = await vault.create(one, within());
    await background.idle();
    const before = await (await fetch(`${bw.url}/object/item/${id}`)).json();
    // What `bw serve` itself does now and then.
    const changed = { type: 2, name: bw.server.seal('Later'), notes: bw.server.seal('later'), secureNote: { type: 0 } };
    bw.server.add({ ...changed, id });
    let old = 0;
    let syncedAt = Number.POSITIVE_INFINITY;
    bitwarden.instead = ({ url }) => {
      if (url.pathname === '/sync') syncedAt = performance.now();
      else if (performance.now() < syncedAt + 120) old += 1;
      else return null;
      return url.pathname === '/sync' ? null : { status: 200, body: before };
    };
    const { secret } = await vault.read(one.key.credentialId, id, within());
    bitwarden.instead = () => null;
    expect(secret).toMatchObject({ secret_value: 'later' });
    expect(old).toBe(0);
    await vault.delete(one.key.credentialId, id, within());
  });

  describe('while another sync is under way', () => {
    const note = (text: string) => ({
      type: 2,
      name: bw.server.seal('Later'),
      notes: bw.server.seal(text),
      secureNote: { type: 0 },
    });
    /** Begins something that syncs, changes what is kept once that was asked for, and reads the item then. */
    const meanwhile = async (begin: () => Promise<unknown>, change: () => string) => {
      const vault = open();
      const leave = Promise.withResolvers<void>();
      bw.server.syncsLeave = leave.promise;
      const before = bw.server.syncs;
      const other = begin();
      await expect.poll(() => bw.server.syncs).toBe(before + 1);
      const id = change();
      const read = vault.read('cred_1', id, within());
      read.catch(() => undefined);
      // Nothing shows that `bw serve` has joined the two; were it later, this would prove nothing and fail nothing.
      await delay(500);
      leave.resolve();
      await other;
      expect((await read).secret).toMatchObject({ secret_value: 'later' });
      await vault.delete('cred_1', id, within());
    };

    test('a change is not missed', async () => {
      const id = bw.server.add(note('first'));
      await meanwhile(
        () => open().read('cred_1', id, within()),
        () => bw.server.add({ ...note('later'), id }),
      );
    });

    test('a new item is not missed, be that sync of another process', async () => {
      await open().check(within());
      await meanwhile(
        () => fetch(`${bw.url}/sync?force=true`, { method: 'POST' }),
        () => bw.server.add(note('later')),
      );
    });
  });

  test('an item another process deleted or made is not missed', async () => {
    const vault = open();
    const id = bw.server.add({ type: 2, name: bw.server.seal('Late'), secureNote: { type: 0 } });
    await vault.delete('cred_1', id, within());
    expect(bw.server.items.has(id)).toBe(false);
  });

  test.each(['shop', '../status', '', '%2e%2e', '0'.repeat(36)])('%j is no id, and is not searched by', async (id) => {
    const before = proxy.requests.length;
    await expect(open().read('cred_1', id, within())).rejects.toMatchObject({ code: 'not_found' });
    await expect(open().delete('cred_1', id, within())).rejects.toMatchObject({ code: 'not_found' });
    expect(proxy.requests.slice(before)).toEqual([]);
  });

  test('an item is found although nothing seems to be there for a moment', async () => {
    const vault = open();
    const one = item(secretOf('secret'));
    const id = await vault.create(one, within());
    await background.idle();
    const notFound = { success: false, message: 'Not found.' };
    const nothing = async <T>(path: string, body: unknown, work: () => Promise<T>): Promise<T> => {
      let times = 3;
      bitwarden.instead = ({ url }) =>
        url.pathname.startsWith(path) && times-- > 0 ? { status: body === notFound ? 400 : 200, body } : null;
      const done = await work();
      expect(times).toBeLessThan(0);
      bitwarden.instead = () => null;
      return done;
    };
    const read = await nothing('/object/item', notFound, () => vault.read(one.key.credentialId, id, within()));
    expect(read.secret).toEqual(one.secret);
    const empty = { success: true, data: { object: 'list', data: [] } };
    expect(await nothing('/list', empty, () => vault.find(one.key, within()))).toEqual([id]);
    await nothing('/object/item', notFound, () => vault.delete(one.key.credentialId, id, within()));
    expect(bw.server.items.has(id)).toBe(false);
  });

  test.each([
    ['folder', { folder_id: crypto.randomUUID() }],
    ['organization', { organization_id: crypto.randomUUID(), collection_id: crypto.randomUUID() }],
  ])('a %s that is not there is told by the check', async (object, place) => {
    const message = expect.stringContaining(`has no ${object} ${Object.values(place)[0]}`);
    await expect(open(place).check(within())).rejects.toMatchObject({ code: 'vault_refused', message });
  });

  test('the check tells where nobody is logged in, and where something else answers', async () => {
    const status = (body: unknown) => {
      bitwarden.instead = () => ({ status: 200, body });
      return open().check(within());
    };
    const loggedOut = { success: true, data: { object: 'template', template: { status: 'unauthenticated' } } };
    await expect(status(loggedOut)).rejects.toMatchObject({
      code: 'vault_refused',
      message: expect.stringMatching(/not logged in/),
    });
    for (const body of [{ hello: 'world' }, { success: true }, [], null, 'up']) {
      await expect(status(body)).rejects.toMatchObject({
        code: 'vault_failed',
        message: expect.stringMatching(/not from bw serve/),
      });
    }
    bitwarden.instead = () => null;
  });

  test('the process itself printed no secret', () => {
    expect(bw.output()).not.toContain(bw.server.masterPassword);
    expect(bw.output()).not.toContain('Passw0rd');
  });
});
