import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextCode } from '../../src/codes/issue-code.ts';
import { AccountBook } from '../../src/practice/accounts.ts';
import { openFixture, type VaultFixture } from '../vaults/vault-fixture.ts';

const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** A step border. */
const BORDER = 1_700_000_010_000;
/** From the code in hand to the site looking at it. */
const UNDER_WAY_MS = 3_000;

let fixture: VaultFixture;
beforeAll(async () => {
  fixture = await openFixture('sqlite');
});
afterAll(() => fixture.close());

/** What a Date header tells: the site's clock in whole seconds, with half of one added. */
const seenOffset = (site: number, own: number): number => Math.floor(site / 1000) * 1000 + 500 - own;

test.each([-25_000, -2_600, 0, 2_600, 25_000])(
  'with a site whose clock is %d ms ahead every second of a step gives a code it takes, without any tolerance of its own',
  async (skew) => {
    const db = await fixture.organization();
    let time = BORDER;
    for (let second = 0; second < 30; second += 1) {
      // A step of its own each time: a used code is never given out again.
      time = BORDER + second * 3 * 30_000 + second * 1_000;
      const book = new AccountBook([{ username: 'ada', password: 'x', totp: SEED }], () => time + skew, {
        codeWindow: 0,
      });
      const offset = seenOffset(time + skew, time);
      const { code } = await nextCode(fixture.dataKeys, db, {
        seed: SEED,
        runId: 'wr_1',
        clockOffsetMs: Math.abs(offset) > 2_000 ? offset : 0,
        now: () => time,
        sleepUntil: async (until) => {
          time = Math.max(time, until);
        },
      });
      time += UNDER_WAY_MS;
      expect(book.checkCode('ada', code), `second ${second}`).toBeNull();
    }
  },
);
