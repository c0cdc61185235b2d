/**
 * Kills a process that creates, updates and deletes credentials in a vault outside, between any two steps, 200 times for
 * each vault, and looks, after what is swept within a minute, for what was left in the database or the vault:
 * `npm run chaos:vaults`. The number of rounds, the vault and the seed can be given: `npm run chaos:vaults -- 20 custom 8`.
 * A round of Bitwarden mostly waits: several processes with seeds of their own do as many in less time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type Found, orderRounds } from '../vaults/order-rounds.ts';
import { ORDER_VAULTS } from '../vaults/order-vaults.ts';

const [, , count = '200', only, seed = '7'] = process.argv;
const rounds = Number(count);
/** Rounds between two lines that say how far it is. */
const TELL_EACH = 20;

if (only !== undefined && !Object.hasOwn(ORDER_VAULTS, only)) {
  throw new Error(`There is no vault ${only}: ${Object.keys(ORDER_VAULTS).join(', ')}`);
}

const sizes = ({ strayItems, emptyCredentials, mixed, unfinished }: Found): number[] => [
  strayItems.length,
  emptyCredentials.length,
  mixed.length,
  unfinished,
];

let holes = 0;
for (const [name, open] of Object.entries(ORDER_VAULTS)) {
  if (only !== undefined && only !== name) continue;
  const folder = mkdtempSync(path.join(tmpdir(), 'vault-rounds-'));
  const vault = await open();
  if ('ca' in vault) setDefaultCACertificates([...getCACertificates('default'), String(vault.ca)]);
  try {
    const place = { dataDir: path.join(folder, 'data'), databaseUrl: null };
    const found = await orderRounds(place, vault, {
      rounds,
      seed: Number(seed),
      tell: (number, one) => {
        if (sizes(one).some((size) => size > 0)) console.info(`${name}, round ${number}: ${JSON.stringify(one)}`);
        if ((number + 1) % TELL_EACH === 0) console.info(`${name}: ${number + 1} of ${rounds} rounds`);
      },
    });
    const [stray, empty, mixed, unfinished] = sizes(found);
    holes += (stray ?? 0) + (empty ?? 0) + (mixed ?? 0) + (unfinished ?? 0);
    console.info(
      `${name}: ${rounds} processes killed; items without a credential ${stray}, credentials without an item ${empty}, ` +
        `secrets of another write ${mixed}, deletions not done ${unfinished}`,
    );
  } finally {
    await vault.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exitCode = holes === 0 ? 0 : 1;
