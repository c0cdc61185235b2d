import { expect, test, vi } from 'vitest';
import { removeOldSiteStarts, takeSiteStart } from '../../src/runs/site-starts.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

const ORIGIN = 'https://site.example';

describeOnEachDatabase('places at a site', (databases) => {
  const at = async <T>(time: number, work: () => Promise<T>): Promise<T> => {
    vi.useFakeTimers({ toFake: ['Date'], now: time });
    try {
      return await work();
    } finally {
      vi.useRealTimers();
    }
  };

  test('are as many in a second as there may be, whoever asks', { timeout: 60_000 }, async () => {
    const place = await databases.newPlace();
    const storages = [await databases.open(place)];
    // On PostgreSQL another process at the same time.
    if (databases.dialect === 'postgresql') {
      const other = await databases.newPlace();
      storages.push(await databases.open({ ...other, databaseUrl: place.databaseUrl }));
    }
    const systems = storages.map((storage) => storage.database.asSystem('dispatch'));
    const ask = (time: number, count: number) =>
      at(time, () =>
        Promise.all(
          Array.from({ length: count }, (_, turn) =>
            takeSiteStart(systems[turn % systems.length] as (typeof systems)[0], ORIGIN, 5),
          ),
        ),
      );
    const had = (answers: (Date | null)[]) => answers.filter((answer) => answer === null).length;
    const start = Date.parse('2026-11-26T12:00:00Z');
    const first = await ask(start, 40);
    expect(had(first)).toBe(5);
    for (const freeAt of first) if (freeAt) expect(freeAt.getTime()).toBe(start + 1_000);
    expect(had(await ask(start + 999, 10))).toBe(0);
    // Any second, not each second of the clock: two are taken later.
    expect(had(await ask(start + 1_500, 2))).toBe(2);
    expect(had(await ask(start + 2_400, 10))).toBe(3);
    expect(had(await ask(start + 2_499, 10))).toBe(0);
    expect(had(await ask(start + 2_500, 10))).toBe(2);
    expect(
      await at(start + 2_500, () => takeSiteStart(systems[0] as (typeof systems)[0], 'https://b.example', 5)),
    ).toBe(null);

    await removeOldSiteStarts(systems[0] as (typeof systems)[0], new Date(start + 60_000));
    expect(await (systems[0] as (typeof systems)[0]).siteStart.count()).toBe(0);
  });

  test('follow a limit that was lowered', async () => {
    const db = (await databases.open()).database.asSystem('dispatch');
    const start = Date.parse('2026-11-26T12:00:00Z');
    for (let turn = 0; turn < 6; turn += 1) {
      expect(await at(start + turn * 100, () => takeSiteStart(db, ORIGIN, 6))).toBe(null);
    }
    // Six are taken and two allowed: one of them must be free and four more.
    const next = await at(start + 600, () => takeSiteStart(db, ORIGIN, 2));
    expect(next?.getTime()).toBe(start + 1_400);
    expect(await at(start + 1_400, () => takeSiteStart(db, ORIGIN, 2))).toBe(null);
  });
});
