import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextCode, removeExpiredCodes } from '../../src/codes/issue-code.ts';
import { codeAt } from '../../src/codes/totp.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { describeWith } from '../support/skip.ts';
import { DIALECTS, openFixture, type VaultFixture } from '../vaults/vault-fixture.ts';

const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const STEP = 30_000;
/** A step border. */
const BORDER = 1_700_000_010_000;

/** A clock that stands still until somebody waits for a moment. */
function clockAt(start: number) {
  let time = start;
  const waits: number[] = [];
  return {
    waits,
    now: () => time,
    async sleepUntil(ms: number) {
      waits.push(ms);
      time = Math.max(time, ms);
    },
  };
}

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `one-time codes on ${dialect}`, () => {
    let fixture: VaultFixture;
    let db: OrganizationDb;
    beforeAll(async () => {
      fixture = await openFixture(dialect);
    });
    afterAll(() => fixture.close());

    const next = async (clock: ReturnType<typeof clockAt>, over: { seed?: string; signal?: AbortSignal } = {}) =>
      nextCode(fixture.dataKeys, db, { seed: SEED, runId: 'wr_1', ...clock, ...over });

    test.each([
      [0, 0],
      [STEP - 4_000, 0],
      [STEP - 3_999, 1],
      [STEP - 1, 1],
      [STEP, 1],
    ])('%d ms into a step the code is of step %d', async (into, steps) => {
      db = await fixture.organization();
      const clock = clockAt(BORDER + into);
      const issued = await next(clock);
      expect(issued.code).toBe(codeAt(SEED, BORDER + steps * STEP));
      expect(issued.expires_at).toEqual(new Date(BORDER + (steps + 1) * STEP));
      expect(clock.waits).toEqual(into < STEP && steps === 1 ? [BORDER + STEP] : []);
    });

    test('a used code is not given out again, in whatever spelling the seed comes', async () => {
      db = await fixture.organization();
      const clock = clockAt(BORDER);
      const first = await next(clock);
      const second = await next(clock, { seed: 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq' });
      const third = await next(clock, { seed: `otpauth://totp/a?secret=${SEED}&period=30` });
      expect([first, second, third].map((issued) => issued.code)).toEqual(
        [0, 1, 2].map((step) => codeAt(SEED, BORDER + step * STEP)),
      );
    });

    test('neither other seeds nor other organizations wait', async () => {
      db = await fixture.organization();
      const clock = clockAt(BORDER);
      await next(clock);
      await next(clock, { seed: 'JBSWY3DPEHPK3PXP' });
      db = await fixture.organization();
      await next(clock);
      expect(clock.waits).toEqual([]);
    });

    test('twenty callers at once get twenty codes', async () => {
      db = await fixture.organization();
      const clock = clockAt(BORDER);
      const issued = await Promise.all(Array.from({ length: 20 }, () => next(clock)));
      expect(new Set(issued.map((code) => code.expires_at.getTime())).size).toBe(20);
      for (const { code, expires_at } of issued) expect(code).toBe(codeAt(SEED, expires_at.getTime() - 1));
      expect(await db.usedCode.count()).toBeGreaterThanOrEqual(20);
    });

    test('a code that got old while its row was written is not handed out', async () => {
      db = await fixture.organization();
      const times = [BORDER, BORDER, BORDER + STEP - 1_000];
      const clock = { ...clockAt(BORDER + STEP), now: () => times.shift() ?? BORDER + STEP };
      expect((await next(clock)).code).toBe(codeAt(SEED, BORDER + STEP));
      expect(await db.usedCode.count()).toBe(2);
    });

    test('stores no code and no seed, and forgets used ones in time', async () => {
      db = await fixture.organization();
      const { code, expires_at } = await next(clockAt(BORDER));
      const rows = await db.usedCode.findMany();
      const stored = JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
      expect(stored).not.toContain(SEED);
      expect(rows[0]?.account_key).toMatch(/^[0-9a-f]{64}$/);
      expect(stored).not.toMatch(new RegExp(`"${code}"`));
      expect(await removeExpiredCodes(db, expires_at)).toBe(0);
      expect(await removeExpiredCodes(db, new Date(expires_at.getTime() + 20 * STEP))).toBe(1);
    });

    test('stops waiting when the run is aborted', async () => {
      db = await fixture.organization();
      const abort = new AbortController();
      const now = Date.now();
      // The real wait, at the real border: the step is used up, so it would last until the next one.
      const used = nextCode(fixture.dataKeys, db, { seed: SEED, runId: 'wr_1', now: () => BORDER });
      await used;
      const waiting = nextCode(fixture.dataKeys, db, {
        seed: SEED,
        runId: 'wr_2',
        now: () => BORDER,
        sleepUntil: async (_ms, signal) => {
          abort.abort(new Error('canceled'));
          signal?.throwIfAborted();
        },
        signal: abort.signal,
      });
      await expect(waiting).rejects.toThrow('canceled');
      expect(Date.now() - now).toBeLessThan(STEP);
    });

    test('a malformed seed takes nothing', async () => {
      db = await fixture.organization();
      await expect(next(clockAt(BORDER), { seed: 'not base32!' })).rejects.toMatchObject({ code: 'invalid_totp' });
      expect(await db.usedCode.count()).toBe(0);
    });
  });
}
