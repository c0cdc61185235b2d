import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEALED_PLACES } from '../../src/sealed-places.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import type { SealedPlace } from '../../src/vaults/sealed-place.ts';
import { executeSql } from '../support/raw-sql.ts';
import { describeWith } from '../support/skip.ts';
import { type SealedRow, sealInEveryPlace } from './sealed-rows.ts';
import { DIALECTS, openFixture, type VaultFixture } from './vault-fixture.ts';

const SCHEMA = readFileSync(path.resolve(import.meta.dirname, '../../prisma/schema.prisma'), 'utf8');

/** Each model of the schema: its name in the client, its table and its lines. */
const models = [...SCHEMA.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name = '', body = '']) => ({
  model: name.charAt(0).toLowerCase() + name.slice(1),
  table: /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '',
  columns: [...body.matchAll(/^ {2}(\w+) +(\w+)/gm)].map(([, column = '', type = '']) => ({ column, type })),
}));

test('every column of bytes, and every name of a key beside one, is in the list of sealed places', () => {
  const found = models.flatMap(({ model, columns }) =>
    columns.filter(({ type }) => type === 'Bytes').map(({ column }) => `${model}.${column}`),
  );
  const listed = SEALED_PLACES.map(({ model, sealedColumn }) => `${model}.${sealedColumn}`);
  // A wrapped key is sealed under the master key.
  expect([...listed, 'dataKey.wrapped'].sort()).toEqual(found.sort());
  const keys = models.flatMap(({ model, columns }) =>
    columns.filter(({ column }) => /(^|_)(data_key|key)_id$/.test(column)).map(({ column }) => `${model}.${column}`),
  );
  const named = SEALED_PLACES.map(({ model, keyColumn }) => `${model}.${keyColumn}`);
  expect([...named, 'dataKey.master_key_id'].sort()).toEqual(keys.sort());
});

interface AnyModel {
  findUniqueOrThrow(args: object): Promise<Record<string, unknown>>;
  updateMany(args: object): Promise<{ count: number }>;
}

for (const { dialect, counterpart } of DIALECTS) {
  describeWith(counterpart, `sealed rows on ${dialect}`, () => {
    let fixture: VaultFixture;
    let mine: OrganizationDb;
    let theirs: OrganizationDb;
    let first: SealedRow[];
    let second: SealedRow[];
    let foreign: SealedRow[];
    beforeAll(async () => {
      fixture = await openFixture(dialect);
      mine = await fixture.organization();
      theirs = await fixture.organization();
      first = await sealInEveryPlace(fixture, mine, 'the first secret');
      second = await sealInEveryPlace(fixture, mine, 'the second secret');
      foreign = await sealInEveryPlace(fixture, theirs, 'another secret');
    });
    afterAll(() => fixture.close());

    const modelOf = (db: OrganizationDb, place: SealedPlace) => db[place.model] as unknown as AnyModel;
    const rowIn = (rows: SealedRow[], place: SealedPlace): SealedRow => {
      const row = rows.find(({ model }) => model === place.model);
      if (!row) throw new Error(`sealInEveryPlace makes no ${place.model}: a new place needs one`);
      return row;
    };
    /** Puts what is sealed in one row, and the key it names, into another, and reads that. */
    const copied = async (place: SealedPlace, from: [OrganizationDb, SealedRow], to: [OrganizationDb, SealedRow]) => {
      const columns = { [place.keyColumn]: true, [place.sealedColumn]: true };
      const data = await modelOf(from[0], place).findUniqueOrThrow({ where: { id: from[1].id }, select: columns });
      const own = await modelOf(to[0], place).findUniqueOrThrow({ where: { id: to[1].id }, select: columns });
      const where = { id: to[1].id };
      const outcomes: unknown[] = [];
      for (const stolen of [data, { [place.sealedColumn]: data[place.sealedColumn] }]) {
        expect(await modelOf(to[0], place).updateMany({ where, data: stolen })).toEqual({ count: 1 });
        outcomes.push(await to[1].read(fixture).catch((error: { code: unknown }) => error.code));
        await modelOf(to[0], place).updateMany({ where, data: own });
      }
      return outcomes;
    };

    test.each(SEALED_PLACES)('$model.$sealedColumn opens in its own row', async (place) => {
      expect(await rowIn(second, place).read(fixture)).toBe('the second secret');
      expect(await rowIn(foreign, place).read(fixture)).toBe('another secret');
    });

    test.each(SEALED_PLACES)('$model.$sealedColumn copied from another record does not open', async (place) => {
      const outcomes = await copied(place, [mine, rowIn(first, place)], [mine, rowIn(second, place)]);
      expect(outcomes).toEqual(['unseal_failed', 'unseal_failed']);
      expect(await rowIn(second, place).read(fixture)).toBe('the second secret');
    });

    test.each(SEALED_PLACES)('$model.$sealedColumn copied from another organization does not open', async (place) => {
      const outcomes = await copied(place, [theirs, rowIn(foreign, place)], [mine, rowIn(second, place)]);
      expect(outcomes).toEqual(['unseal_failed', 'unseal_failed']);
    });

    test.each(SEALED_PLACES)('no row of $model comes to lie under a key that was destroyed', async (place) => {
      const { organizationId: organization_id } = mine;
      const gone = `dk_gone_${place.model}`;
      const key = { id: gone, organization_id, master_key_id: 'x', wrapped: new Uint8Array(), created_at: new Date() };
      await mine.dataKey.create({ data: { ...key, destroyed_at: new Date() } });
      const { id } = rowIn(second, place);
      const refused = /Foreign key|the data key was destroyed/;
      const data = { [place.keyColumn]: gone };
      await expect(modelOf(mine, place).updateMany({ where: { id }, data })).rejects.toThrow(refused);
      const model = models.find((found) => found.model === place.model);
      const row = await modelOf(mine, place).findUniqueOrThrow({ where: { id } });
      const names = Object.keys(row);
      const insert = (keyId: string, newId: string) => {
        // What is unique in its organization besides.
        const unique = { id: `'${newId}'`, grant_key: `'${newId}'` };
        const replaced: Record<string, string> = { ...unique, [place.keyColumn]: `'${keyId}'` };
        const values = names.map((name) => replaced[name] ?? `"${name}"`).join(', ');
        const into = names.map((name) => `"${name}"`).join(', ');
        const sql = `INSERT INTO "${model?.table}" (${into}) SELECT ${values} FROM "${model?.table}" WHERE "id" = '${id}'`;
        return executeSql(mine, sql);
      };
      await expect(insert(gone, `${id}_late`)).rejects.toThrow(refused);
      expect(await insert(String(row[place.keyColumn]), `${id}_in_time`)).toBe(1);
    });
  });
}
