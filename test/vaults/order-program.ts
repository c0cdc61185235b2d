/**
 * A process of its own that the tests kill: it creates, updates (two at once) and deletes credentials in a vault outside,
 * without an end. Its settings are JSON on standard input.
 */
import { text } from 'node:stream/consumers';
import { createCredential, updateCredential } from '../../src/credentials/credential-secret.ts';
import { deleteCredential } from '../../src/credentials/credential-store.ts';
import { parseSecret } from '../../src/credentials/parse-secret.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { KeyturnError } from '../../src/errors.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { DataKeys } from '../../src/vaults/data-keys.ts';
import type { VaultType } from '../../src/vaults/vault.ts';
import type { OrderSettings } from './order-rounds.ts';
import { orderServices } from './order-services.ts';

const settings = JSON.parse(await text(process.stdin)) as OrderSettings;
const storage = await openStorage(settings);
const { database } = storage;
const dataKeys = await DataKeys.load({ masterKeys: [], dataDir: settings.dataDir }, database);
const client = new GuardedClient(['127.0.0.0/8']);
let sweeping: Promise<void> = Promise.resolve();
const { services, sweep } = orderServices({ database, dataKeys, client }, () => {
  sweeping = sweeping.then(() => sweep(new Date()));
});
const db = database.forOrganization(settings.organizationId);

/** The username tells which password belongs to it. */
const secretOf = (tag: string) => parseSecret('password', { username: `user ${tag}`, password: `password ${tag}` });

/** Of two updates at once one may be refused: that is no failure. */
async function update(id: string, tag: string): Promise<void> {
  try {
    await updateCredential(services, db, id, { parsed: secretOf(tag), actor: 'service' });
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'conflict') throw error;
  }
}

async function work(lane: string): Promise<void> {
  for (let round = 0; ; round += 1) {
    const tag = `${lane}${round}`;
    const { id } = await createCredential(services, db, {
      name: tag,
      parsed: secretOf(tag),
      vaultType: settings.vaultType as VaultType,
      actor: 'service',
    });
    await Promise.all([update(id, `${tag} first`), update(id, `${tag} second`)]);
    await update(id, `${tag} third`);
    if (round % 2 === 1) await deleteCredential(services, db, id, 'service');
  }
}

process.stdout.write('ready\n');
await Promise.all([work('a'), work('b')]);
