import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuardedClient } from '../../src/egress/guarded-client.ts';
import { newId } from '../../src/ids.ts';
import type { CredentialSecret, ItemKey, NewItem, Vault, VaultItem } from '../../src/vaults/vault.ts';
import type { JsonService, Trouble } from '../support/json-service.ts';

/** A vault with what stands behind it. */
export interface VaultUnderTest {
  vault: Vault;
  /** False: the addresses of a credential stay with its row. */
  keepsAddresses?: boolean;
  /** Something the vault must never say: its token. */
  token: string;
  /** The next requests that reach the service go wrong in this way; null where there is no service. */
  goWrong: ((trouble: Trouble, requests: number) => void) | null;
  close(): Promise<void>;
}

/** A vault whose requests all pass one emulated service; both are closed with it. */
export function behind(http: JsonService, client: GuardedClient, vault: Vault, token: string): VaultUnderTest {
  return {
    vault,
    token,
    goWrong(trouble, requests) {
      http.troubles.splice(0, http.troubles.length, ...Array.from({ length: requests }, () => trouble));
    },
    async close() {
      await client.close();
      await http.close();
    },
  };
}

const within = (ms = 10_000): AbortSignal => AbortSignal.timeout(ms);

export const newKey = (credentialId = newId('credential')): ItemKey => ({ credentialId, writeId: newId('vaultWrite') });

export function item(secret: CredentialSecret, over: Partial<NewItem> = {}): NewItem {
  const codes = { totp_type: 'none', totp_identifier: null };
  return { key: newKey(), name: 'Mail of the shop', secret, codes, origins: ['https://shop.example'], ...over };
}

/** One of every kind, with awkward characters wherever they may be. */
export const SECRETS: Record<string, CredentialSecret> = {
  password: {
    credential_type: 'password',
    username: 'ada@shop.example',
    password: ' "quoted" \'single\' <b>&amp; %41 \\n $(x) ünïcödé 🔑 ',
    totp: null,
    extra_fields: {},
  },
  'everything a password credential holds': {
    credential_type: 'password',
    username: 'grace',
    password: 'plain-Passw0rd',
    totp: 'otpauth://totp/Shop:grace?secret=JBSWY3DPEHPK3PXP&digits=8&period=60&algorithm=SHA256',
    recovery_codes: ['1111-2222', '3333-4444'],
    passkey: {
      id: 'AQID',
      rp_id: 'shop.example',
      user_handle: 'BAUG',
      private_key: 'BwgJ',
      public_key: 'CgsM',
      sign_count: 7,
    },
    extra_fields: { Tenant: 'north', 'Customer "no."': '4711' },
    mailbox: {
      host: 'mail.example',
      port: 993,
      secure: true,
      user: 'codes',
      password: 'mailbox-Passw0rd',
      access_token: null,
      folder: 'INBOX',
      senders: ['example.com'],
      ca: null,
    },
  },
  'credit card': {
    credential_type: 'credit_card',
    card_number: '4111111111111111',
    card_cvv: '012',
    card_exp_month: '03',
    card_exp_year: '2031',
    card_brand: 'visa',
    card_holder_name: 'Ada Lovelace',
  },
  secret: { credential_type: 'secret', secret_value: 'line one\nline two\t"x"', secret_label: 'API token' },
};

/** A secret without members that are empty: a vault need not tell "none" from "left out". */
function bare(secret: CredentialSecret): Record<string, unknown> {
  const kept = Object.entries(secret).filter(
    ([, value]) => value !== null && (typeof value !== 'object' || Object.keys(value).length > 0),
  );
  return Object.fromEntries(kept);
}

const origins = ({ addresses }: VaultItem): string[] => addresses.map((address) => new URL(address ?? '').origin);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : `not ours: ${error}`),
  );
}

async function wordsOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => '',
    (error: unknown) => {
      const texts: string[] = [];
      for (let at: unknown = error; at instanceof Error; at = at.cause) texts.push(at.message, at.stack ?? '');
      return texts.join('\n');
    },
  );
}

/**
 * What every vault that can be written does, and how it answers when what stands behind it goes wrong.
 */
export function describeVault(name: string, open: () => Promise<VaultUnderTest>): void {
  describe(`the vault ${name}`, () => {
    let it: VaultUnderTest;
    let vault: Vault;
    beforeAll(async () => {
      it = await open();
      vault = it.vault;
    });
    afterAll(() => it?.close());

    test.each(Object.entries(SECRETS))('keeps %s as it is', async (_kind, secret) => {
      const one = item(secret);
      const id = await vault.create(one, within());
      const read = await vault.read(one.key.credentialId, id, within());
      expect(bare(read.secret)).toEqual(bare(secret));
      const kept = secret.credential_type === 'password' && it.keepsAddresses !== false;
      if (kept) expect(origins(read)).toEqual(['https://shop.example']);
      await vault.delete(one.key.credentialId, id, within());
    });

    test('finds the item of a write by its key, and no other', async () => {
      const credentialId = newId('credential');
      const [first, second] = [newKey(credentialId), newKey(credentialId)];
      const secret = SECRETS.secret as CredentialSecret;
      const firstId = await vault.create(item(secret, { key: first }), within());
      const secondId = await vault.create(item(secret, { key: second }), within());
      expect(await vault.find(first, within())).toEqual([firstId]);
      expect(await vault.find(second, within())).toEqual([secondId]);
      expect(await vault.find(newKey(credentialId), within())).toEqual([]);
      await vault.delete(credentialId, firstId, within());
      expect(await vault.find(first, within())).toEqual([]);
      expect(await codeOf(vault.read(credentialId, firstId, within()))).toBe('not_found');
      expect((await vault.read(credentialId, secondId, within())).secret).toEqual(secret);
      await vault.delete(credentialId, secondId, within());
    });

    test('two items of one key are both found', async () => {
      const one = item(SECRETS.secret as CredentialSecret);
      const first = await vault.create(one, within());
      // A vault that names items by their key keeps one, and may refuse the second.
      const second = await vault.create(one, within()).catch((error: { code: string }) => {
        expect(error.code).toBe('conflict');
        return first;
      });
      const ids = [first, second];
      expect((await vault.find(one.key, within())).sort()).toEqual([...new Set(ids)].sort());
      for (const id of ids) await vault.delete(one.key.credentialId, id, within());
    });

    test('what is gone is deleted without an error, and not found', async () => {
      const one = item(SECRETS.secret as CredentialSecret);
      const id = await vault.create(one, within());
      await vault.delete(one.key.credentialId, id, within());
      await vault.delete(one.key.credentialId, id, within());
      expect(await codeOf(vault.read(one.key.credentialId, id, within()))).toBe('not_found');
    });

    test('lets us in', () => vault.check(within()));

    const answers: [string, Trouble, string][] = [
      ['401', { kind: 'answer', answer: { status: 401, body: { message: 'who are you' } } }, 'vault_refused'],
      ['403', { kind: 'answer', answer: { status: 403, body: { message: 'not yours' } } }, 'vault_refused'],
      ['500', { kind: 'answer', answer: { status: 500, body: { message: 'broken' } } }, 'vault_failed'],
      ['garbage', { kind: 'garbage' }, 'vault_failed'],
      ['an answer without an end', { kind: 'huge' }, 'vault_failed'],
      ['a dropped connection', { kind: 'drop' }, 'vault_failed'],
    ];
    test.each(answers)('%s is told as what it is', async (_name, trouble, code) => {
      if (!it.goWrong) return;
      const one = item(SECRETS.password as CredentialSecret);
      const id = await vault.create(one, within());
      for (const work of [
        () => vault.read(one.key.credentialId, id, within()),
        () => vault.find(one.key, within()),
        () => vault.create(item(SECRETS.password as CredentialSecret), within()),
        () => vault.check(within()),
      ]) {
        it.goWrong(trouble, 20);
        expect(await codeOf(work())).toBe(code);
        it.goWrong(trouble, 0);
      }
      expect((await vault.read(one.key.credentialId, id, within())).secret).toMatchObject({
        username: 'ada@shop.example',
      });
      await vault.delete(one.key.credentialId, id, within());
    });

    test('an error repeats neither the token nor the secret', async () => {
      if (!it.goWrong) return;
      const secret = SECRETS.password as Extract<CredentialSecret, { credential_type: 'password' }>;
      const message = `cannot store ${secret.password} with ${it.token}`;
      it.goWrong({ kind: 'answer', answer: { status: 500, body: { message } } }, 20);
      const words = await wordsOf(vault.create(item(secret), within()));
      it.goWrong({ kind: 'drop' }, 0);
      expect(words).not.toBe('');
      expect(words).not.toContain(it.token);
      expect(words).not.toContain(secret.password);
      expect(words).not.toContain(secret.password.trim());
    });

    test('a busy vault is asked again when it says, and told where that is too late', async () => {
      if (!it.goWrong) return;
      const one = item(SECRETS.secret as CredentialSecret);
      const busy = (after: string): Trouble => ({
        kind: 'answer',
        answer: { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': after } },
      });
      it.goWrong(busy('0'), 1);
      const id = await vault.create(one, within());
      it.goWrong(busy('3600'), 1);
      const refused = vault.read(one.key.credentialId, id, within());
      expect(await codeOf(refused)).toBe('vault_busy');
      await expect(refused).rejects.toMatchObject({ retryAfter: 3600 });
      it.goWrong(busy('0'), 0);
      await vault.delete(one.key.credentialId, id, within());
    });

    test('a vault that hangs is given up when the time is over', async () => {
      if (!it.goWrong) return;
      it.goWrong({ kind: 'hang' }, 20);
      expect(await codeOf(vault.check(within(300)))).toBe('vault_failed');
      it.goWrong({ kind: 'hang' }, 0);
    });

    test('an item whose answer was lost is found by its key', async () => {
      if (!it.goWrong) return;
      const one = item(SECRETS.secret as CredentialSecret);
      it.goWrong({ kind: 'late' }, 1);
      const created = await codeOf(vault.create(one, within()));
      it.goWrong({ kind: 'late' }, 0);
      const ids = await vault.find(one.key, within());
      // Where the lost answer was that of a request before the item's own, there is none; else it is found.
      expect(['vault_failed', 'none']).toContain(created);
      for (const id of ids) await vault.delete(one.key.credentialId, id, within());
      expect(await vault.find(one.key, within())).toEqual([]);
    });
  });
}
