import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, inject, onTestFinished, test } from 'vitest';
import { describeWith } from '../support/skip.ts';
import { openssl } from '../support/test-certificates.ts';
import { newPlace } from '../support/test-database.ts';
import { orderRounds } from './order-rounds.ts';
import { type Opened, ORDER_VAULTS } from './order-vaults.ts';
import { DIALECTS } from './vault-fixture.ts';

/** A short form of `npm run chaos:vaults`. */
const ROUNDS = inject('thorough') ? 5 : 3;
const NOTHING = { strayItems: [], emptyCredentials: [], mixed: [], unfinished: 0 };

async function leavesNothing(dialect: 'sqlite' | 'postgresql', open: () => Promise<Opened>): Promise<void> {
  const vault = await open();
  onTestFinished(() => vault.close());
  const place = await newPlace(dialect);
  onTestFinished(() => place.remove());
  expect(await orderRounds(place, vault, { rounds: ROUNDS, seed: 1 })).toEqual(NOTHING);
}

const LIMIT = { timeout: 120_000 };

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `a process killed between two steps on ${dialect}`, () => {
    test('leaves nothing in the database and in a custom vault after one sweep', LIMIT, () =>
      leavesNothing(dialect, ORDER_VAULTS.custom),
    );
  });
}

test.each(['hashicorp', 'onepassword'] as const)('nor in %s', LIMIT, (name) =>
  leavesNothing('sqlite', ORDER_VAULTS[name]),
);

describeWith(openssl, 'with the real SDK', () => {
  test('nor in Azure Key Vault', LIMIT, async () => {
    const trusted = getCACertificates('default');
    onTestFinished(() => setDefaultCACertificates(trusted));
    await leavesNothing('sqlite', async () => {
      const vault = await ORDER_VAULTS.azure();
      setDefaultCACertificates([...trusted, vault.ca]);
      return vault;
    });
  });
});
