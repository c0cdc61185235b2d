import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createCredential } from '../../src/credentials/credential-secret.ts';
import { deleteCredential } from '../../src/credentials/credential-store.ts';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { KeyturnError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { Scrubber } from '../../src/scrub.ts';
import { BackgroundWork } from '../../src/vaults/background-work.ts';
import { bitwardenProvider } from '../../src/vaults/bitwarden-vault.ts';
import type { CredentialSecret, Vault } from '../../src/vaults/vault.ts';
import { createVaultConfig } from '../../src/vaults/vault-config-store.ts';
import type { VaultEnvironment } from '../../src/vaults/vault-provider.ts';
import { type BwServe, bitwardenCli, passOn, startBwServe } from '../support/bw-serve.ts';
import { JsonService, type ServiceAnswer, type ServiceRequest } from '../support/json-service.ts';
import { describeWith } from '../support/skip.ts';
import { describeVault, item, newKey, SECRETS } from './vault-contract.ts';
import { vaultEnvironment } from './vault-environment.ts';
import { openFixture } from './vault-fixture.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const API_TOKEN = 'proxy-token-0123456789';
const secretOf = (kind: string) => SECRETS[kind] as CredentialSecret;

describeWith(bitwardenCli, 'Bitwarden', () => {
  let bw: BwServe;
  let client: GuardedClient;
  let background: BackgroundWork;
  /** A proxy before `bw serve`, where things go wrong. */
  let proxy: JsonService;
  /** What the proxy answers to this instead of asking; null: it asks. */
  let instead: (request: ServiceRequest) => ServiceAnswer | null = () => null;
  let lines = '';
  let recordRead: VaultEnvironment['recordRead'] = () => Promise.resolve();

  beforeAll(async () => {
    bw = await startBwServe();
    client = new GuardedClient(['127.0.0.0/8']);
    background = new BackgroundWork();
    proxy = await JsonService.start(async (request) => instead(request) ?? (await passOn(bw.url, request)));
  }, 120_000);
  afterAll(async () => {
    await background?.close();
    await client?.close();
    await proxy?.close();
    await bw?.stop();
  });

  function open(over: Record<string, unknown> = {}): Vault {
    const given = { api_base_url: proxy.url, master_password: bw.server.masterPassword, api_token: API_TOKEN, ...over };
    const { config } = bitwardenProvider.parse({ config: given });
    const destination = new Writable({
      write(chunk, _encoding, done) {
        lines += chunk;
        done();
      },
    });
    // Without a scrubber that knows the secrets: what the vault logs holds none by itself.
    const log = createLogger({ level: 'trace', scrubber: new Scrubber(), destination });
    return bitwardenProvider.open(
      config,
      vaultEnvironment(client, { log, background, recordRead: (id) => recordRead(id) }),
    );
  }

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
      instead = ({ url }) =>
        url.pathname.startsWith('/list')
          ? { status: 400, body: { success: false, message: 'Vault is locked.' } }
          : null;
      const refused = open().find(newKey(), within());
      await expect(refused).rejects.toMatchObject({
        code: 'vault_refused',
        message: expect.stringMatching(/locked itself again/),
      });
      instead = () => null;
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
    instead = ({ url }) => {
      if (url.pathname === '/sync') syncedAt = performance.now();
      else if (performance.now() < syncedAt + 120) old += 1;
      else return null;
      return url.pathname === '/sync' ? null : { status: 200, body: before };
    };
    const { secret } = await vault.read(one.key.credentialId, id, within());
    instead = () => null;
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
      instead = ({ url }) =>
        url.pathname.startsWith(path) && times-- > 0 ? { status: body === notFound ? 400 : 200, body } : null;
      const done = await work();
      expect(times).toBeLessThan(0);
      instead = () => null;
      return done;
    };
    const read = await nothing('/object/item', notFound, () => vault.read(one.key.credentialId, id, within()));
    expect(read.secret).toEqual(one.secret);
    const empty = { success: true, data: { object: 'list', data: [] } };
    expect(await nothing('/list', empty, () => vault.find(one.key, within()))).toEqual([id]);
    await nothing('/object/item', notFound, () => vault.delete(one.key.credentialId, id, within()));
    expect(bw.server.items.has(id)).toBe(false);
  });

  test('a new item is read once in the background, and a failure of that is only logged', async () => {
    const vault = open();
    const one = item(secretOf('password'));
    let before = proxy.requests.length;
    const noted: string[] = [];
    recordRead = async (credentialId) => {
      noted.push(
        credentialId,
        ...proxy.requests.slice(before).flatMap(({ method }) => (method === 'GET' ? method : [])),
      );
    };
    const id = await vault.create(one, within());
    await background.idle();
    expect(noted, 'before it is read').toEqual([one.key.credentialId]);
    const asked = proxy.requests.slice(before).map(({ method, url }) => `${method} ${url.pathname}`);
    // `bw serve` may know nothing of the item for a moment and is asked again then.
    expect([...new Set(asked)]).toEqual(['POST /object/item', 'POST /sync', `GET /object/item/${id}`]);
    await vault.delete(one.key.credentialId, id, within());

    before = proxy.requests.length;
    recordRead = () => Promise.reject(new KeyturnError('unavailable'));
    const unread = item(one.secret);
    const unreadId = await vault.create(unread, within());
    await background.idle();
    expect(proxy.requests.slice(before).map(({ method }) => method)).not.toContain('GET');
    recordRead = () => Promise.resolve();
    await vault.delete(unread.key.credentialId, unreadId, within());

    lines = '';
    before = proxy.requests.length;
    const { password } = one.secret as { password: string };
    instead = ({ method }) =>
      method === 'GET' ? { status: 500, body: { message: `${password} and ${API_TOKEN}` } } : null;
    const second = item(one.secret);
    const secondId = await vault.create(second, within());
    await background.idle();
    instead = () => null;
    expect(JSON.parse(lines)).toMatchObject({
      level: 40,
      credential_id: second.key.credentialId,
      code: 'vault_failed',
    });
    for (const text of [password.trim(), API_TOKEN, bw.server.masterPassword]) expect(lines).not.toContain(text);
    await vault.delete(second.key.credentialId, secondId, within());
  });

  test('that reading is in the audit log', async () => {
    const fixture = await openFixture('sqlite');
    onTestFinished(() => fixture.close());
    const db = await fixture.organization();
    const config = { api_base_url: proxy.url, master_password: bw.server.masterPassword, api_token: API_TOKEN };
    await createVaultConfig(fixture.dataKeys, db, 'bitwarden', bitwardenProvider.parse({ config }), 'service');
    const parsed = parseSecret('password', { username: 'ada', password: 'a password' });
    const credential = { name: 'kept outside', parsed, vaultType: 'bitwarden', actor: 'service' } as const;
    const { id } = await createCredential(fixture.services, db, credential);
    await expect
      .poll(() => db.auditEvent.findMany({ where: { action: 'secret.read' } }))
      .toMatchObject([{ subject: id, actor: 'service', details: { vault_type: 'bitwarden', reason: 'read_back' } }]);
    await deleteCredential(fixture.services, db, id, 'service');
    await fixture.sweepVaults(new Date());
    expect(await db.vaultWrite.count()).toBe(0);
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
      instead = () => ({ status: 200, body });
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
    instead = () => null;
  });

  test('the process itself printed no secret', () => {
    expect(bw.output()).not.toContain(bw.server.masterPassword);
    expect(bw.output()).not.toContain('Passw0rd');
  });
});
