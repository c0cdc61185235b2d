import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createCredential } from '../../src/credentials/credential-secret.ts';
import { deleteCredential } from '../../src/credentials/credential-store.ts';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { KeyturnError } from '../../src/errors.ts';
import { bitwardenProvider } from '../../src/vaults/bitwarden-vault.ts';
import { createVaultConfig } from '../../src/vaults/vault-config-store.ts';
import { bitwardenCli } from '../support/bw-serve.ts';
import { describeWith } from '../support/skip.ts';
import { API_TOKEN, type BitwardenBehindProxy, startBitwarden } from './bitwarden-behind-proxy.ts';
import { item } from './vault-contract.ts';
import { openFixture } from './vault-fixture.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const PASSWORD = 'kt-read-back-5c1b07';
const secret = {
  credential_type: 'password',
  username: 'ada',
  password: PASSWORD,
  totp: null,
  extra_fields: {},
} as const;

describeWith(bitwardenCli, 'a new item in Bitwarden is read once, so that `bw` syncs', () => {
  let bitwarden: BitwardenBehindProxy;
  beforeAll(async () => {
    bitwarden = await startBitwarden();
    await bitwarden.open().check(within());
  }, 120_000);
  afterAll(() => bitwarden?.stop());

  /** Makes an item, and deletes it once the background is still; returns what was asked in between. */
  const made = async (recordRead?: (credentialId: string) => Promise<void>) => {
    const vault = bitwarden.open({}, recordRead && { recordRead });
    const one = item(secret);
    const before = bitwarden.proxy.requests.length;
    const id = await vault.create(one, within());
    await bitwarden.background.idle();
    const asked = bitwarden.proxy.requests.slice(before).map(({ method, url }) => `${method} ${url.pathname}`);
    bitwarden.instead = () => null;
    await vault.delete(one.key.credentialId, id, within());
    return { id, asked, credentialId: one.key.credentialId };
  };

  test('in the background, once that is written down', async () => {
    const noted: unknown[] = [];
    const { id, asked, credentialId } = await made(async (read) => {
      noted.push(read, bitwarden.proxy.requests.at(-1)?.method);
    });
    // `bw serve` may know nothing of the item for a moment and is asked again then.
    expect([...new Set(asked)]).toEqual(['POST /object/item', 'POST /sync', `GET /object/item/${id}`]);
    expect(noted).toEqual([credentialId, 'POST']);
  });

  test('and not where that cannot be written down', async () => {
    const { asked } = await made(() => Promise.reject(new KeyturnError('unavailable')));
    expect(asked).toEqual(['POST /object/item']);
  });

  test('and a failure is only logged', async () => {
    const before = bitwarden.log().length;
    bitwarden.instead = ({ method }) =>
      method === 'GET' ? { status: 500, body: { message: `${PASSWORD} and ${API_TOKEN}` } } : null;
    const { credentialId } = await made();
    const logged = bitwarden.log().slice(before);
    expect(JSON.parse(logged)).toMatchObject({ level: 40, credential_id: credentialId, code: 'vault_failed' });
    for (const text of [PASSWORD, API_TOKEN, bitwarden.bw.server.masterPassword]) expect(logged).not.toContain(text);
  });

  test('which the audit log tells', async () => {
    const fixture = await openFixture('sqlite');
    onTestFinished(() => fixture.close());
    const db = await fixture.organization();
    const config = bitwardenProvider.parse({ config: bitwarden.config() });
    await createVaultConfig(fixture.dataKeys, db, 'bitwarden', config, 'service');
    const parsed = parseSecret('password', { username: 'ada', password: PASSWORD });
    const credential = { name: 'kept outside', parsed, vaultType: 'bitwarden', actor: 'service' } as const;
    const { id } = await createCredential(fixture.services, db, credential);
    await expect
      .poll(() => db.auditEvent.findMany({ where: { action: 'secret.read' } }))
      .toMatchObject([{ subject: id, actor: 'service', details: { vault_type: 'bitwarden', reason: 'read_back' } }]);
    await deleteCredential(fixture.services, db, id, 'service');
    await fixture.sweepVaults(new Date());
    expect(await db.vaultWrite.count()).toBe(0);
  });
});
