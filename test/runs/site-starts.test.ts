import { expect, test, vi } from 'vitest';
import { removeOldSiteStarts, takeSiteStart } from '../../src/runs/site-starts.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';

const ORIGIN = 'https://site.example';

describeOnEachDatabase('places at a site', (databases) => {
  const at = (time: number) => async () => new Date(time);

  test('are as many in a second as there may be, whoever asks', { timeout: 60_000 }, async () => {
    const place = await databases.newPlace();
    const storages = [await databases.open(place)];
    // On PostgreSQL another process at the same time.
    if (databases.dialect === 'postgresql') {
      const other = await databases.newPlace();
      storages.push(await databases.open({ ...other, databaseUrl: place.databaseUrl }));
    }
    const systems = storages.map((storage) => storage.database.asSystem('dispatch'));
    const ask = (clock: () => Promise<Date>, count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, turn) =>
          takeSiteStart(systems[turn % systems.length] as (typeof systems)[0], clock, ORIGIN, 5),
        ),
      );
    const had = (answers: (number | null)[]) => answers.filter((answer) => answer === null).length;
    const start = Date.parse('2026-11-26T12:00:00Z');
    const first = await ask(at(start), 40);
    expect(had(first)).toBe(5);
    for (const wait of first) if (wait !== null) expect(wait).toBe(1_000);
    expect(had(await ask(at(start + 999), 10))).toBe(0);
    // Any second, not each second of the clock: two are taken later.
    expect(had(await ask(at(start + 1_500), 2))).toBe(2);
    expect(had(await ask(at(start + 2_400), 10))).toBe(3);
    expect(had(await ask(at(start + 2_499), 10))).toBe(0);
    expect(had(await ask(at(start + 2_500), 10))).toBe(2);
    expect(await takeSiteStart(systems[0] as (typeof systems)[0], at(start + 2_500), 'https://b.example', 5)).toBe(
      null,
    );
    // A clock that goes on meanwhile, as they do: nobody's look is older than what it finds taken.
    let time = start + 10_000;
    const ticking = async () => {
      time += 1;
      return new Date(time);
    };
    expect(had(await ask(ticking, 15))).toBe(5);

    await removeOldSiteStarts(systems[0] as (typeof systems)[0], new Date(start + 60_000));
    expect(await (systems[0] as (typeof systems)[0]).siteStart.count()).toBe(0);
  });

  test('follow a limit that was lowered', async () => {
    const db = (await databases.open()).database.asSystem('dispatch');
    const start = Date.parse('2026-11-26T12:00:00Z');
    for (let turn = 0; turn < 6; turn += 1) {
      expect(await takeSiteStart(db, at(start + turn * 100), ORIGIN, 6)).toBe(null);
    }
    // Six are taken and two allowed: one of them must be free and four more.
    expect(await takeSiteStart(db, at(start + 600), ORIGIN, 2)).toBe(800);
    expect(await takeSiteStart(db, at(start + 1_400), ORIGIN, 2)).toBe(null);
  });

  test('are not taken for an hour when the clock goes back an hour', async () => {
    const db = (await databases.open()).database.asSystem('dispatch');
    const start = Date.parse('2026-11-26T12:00:00Z');
    const take = (time: number) => takeSiteStart(db, at(time), ORIGIN, 2);
    expect([await take(start), await take(start + 100), await take(start + 200)]).toEqual([null, null, 800]);
    const back = start - 3_600_000;
    expect([await take(back), await take(back + 100), await take(back + 200)]).toEqual([null, null, 800]);
  });

  test('go by the clock that machines have in common', async () => {
    const { database } = await databases.open();
    const real = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: real + 3_600_000 });
    try {
      const ahead = (await database.now()).getTime() - real;
      // The embedded database belongs to one machine.
      if (databases.dialect === 'sqlite') expect(ahead).toBe(3_600_000);
      else expect(Math.abs(ahead)).toBeLessThan(60_000);
    } finally {
      vi.useRealTimers();
    }
  });
});
