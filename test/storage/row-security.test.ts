import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  MODEL_NAMES,
  type Models,
  ORGANIZATION_MODEL_NAMES,
  type OrganizationDb,
  type Storage,
} from '../../src/storage/db.ts';
import { Prisma } from '../../src/storage/generated/postgresql/client.ts';
import { EVERYWHERE, withRowsOf } from '../../src/storage/row-scope.ts';
import { clientOf } from '../../src/storage/scoped-database.ts';
import { startService } from '../support/service.ts';
import { describeOnEachDatabase, newOrganization, type Place } from '../support/test-database.ts';
import { runSql } from './place-sql.ts';
import { vaultItem } from './vault-item.ts';

describeOnEachDatabase('row-level security', (databases) => {
  let place: Place;
  let storage: Storage;
  let mine: OrganizationDb;
  let theirs: OrganizationDb;
  /** The client behind it all: it adds no organization to anything. */
  let client: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    place = await databases.newPlace();
    storage = await databases.open(place);
    [mine, theirs] = [await newOrganization(storage), await newOrganization(storage)];
    client = clientOf(storage.database.asSystem('sweep'));
    for (const db of [mine, theirs]) {
      await db.vaultItem.createMany({
        data: [1, 2, 3].map((n) => vaultItem(db.organizationId, `vi_${n}_${db.organizationId}`)),
      });
    }
  });

  if (databases.dialect === 'sqlite') {
    test('is nothing SQLite has', () => expect(storage.database.rowSecurity).toBe('none'));
    return;
  }

  /** What a query finds on a connection that is about an organization's rows. */
  const about = <T>(organizationId: string, query: () => Promise<T>): Promise<T> =>
    withRowsOf(organizationId, async () => await query());

  test('is in force for the role of the tests', () => expect(storage.database.rowSecurity).toBe('enforced'));

  test('is on, and forced, for every table that belongs to organizations', async () => {
    const tables = await runSql(
      place,
      `SELECT c.relname::text AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
         (SELECT count(*)::int FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
         (SELECT pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p WHERE p.polrelid = c.oid) AS rows,
         (SELECT p.polcmd = '*' AND p.polroles = '{0}' AND p.polwithcheck IS NULL FROM pg_policy p WHERE p.polrelid = c.oid) AS all
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> '_prisma_migrations'
         AND (c.relname = 'organizations' OR EXISTS (
           SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'))`,
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const table of tables) {
      const column = table.name === 'organizations' ? 'id' : 'organization_id';
      const rows =
        `((${column} = current_setting('keyturn.organization_id'::text, true)) OR ` +
        `(current_setting('keyturn.organization_id'::text, true) = '*'::text))`;
      expect(table).toEqual({ name: table.name, enabled: true, forced: true, policies: 1, rows, all: true });
    }
  });

  test('every model is the table of an organization, or is named here', async () => {
    const owned = await runSql(
      place,
      `SELECT table_name::text AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id'`,
    );
    const without = Object.values(Prisma.ModelName).filter(
      (model) => !Object.hasOwn(Prisma[`${model}ScalarFieldEnum`], 'organization_id'),
    );
    expect(without).toEqual(['Organization', 'SiteStart']);
    expect(owned).toHaveLength(MODEL_NAMES.length - without.length);
  });

  describe('a query that forgets its organization', () => {
    test('finds its own rows only', async () => {
      expect(await about(EVERYWHERE, () => client.vaultItem.findMany())).toHaveLength(6);
      const found = await about(mine.organizationId, () => client.vaultItem.findMany());
      expect(found.map((row) => row.organization_id)).toEqual(Array(3).fill(mine.organizationId));
      const id = `vi_1_${theirs.organizationId}`;
      expect(await about(mine.organizationId, () => client.vaultItem.findFirst({ where: { id } }))).toBeNull();
      expect(await about(theirs.organizationId, () => client.vaultItem.findFirst({ where: { id } }))).not.toBeNull();
      expect(await about(mine.organizationId, () => client.organization.findMany())).toMatchObject([
        { id: mine.organizationId },
      ]);
    });

    test('finds its own rows only in SQL, and inside a transaction', async () => {
      const sql = 'SELECT DISTINCT organization_id FROM vault_items';
      const own = [{ organization_id: mine.organizationId }];
      expect(await about(mine.organizationId, () => client.$queryRawUnsafe(sql))).toEqual(own);
      const inside = await mine.transaction(async (tx) => clientOf(tx).$queryRawUnsafe(sql));
      expect(inside).toEqual(own);
      expect(await storage.database.asSystem('sweep').transaction((tx) => tx.vaultItem.count())).toBe(6);
    });

    test('changes and deletes nothing of others', async () => {
      const owner = { organization_id: theirs.organizationId };
      const change = { data: { credential_id: 'cred_stolen' } };
      expect(await about(mine.organizationId, () => client.vaultItem.updateMany({ where: owner, ...change }))).toEqual({
        count: 0,
      });
      expect(await about(mine.organizationId, () => client.vaultItem.deleteMany({ where: owner }))).toEqual({
        count: 0,
      });
      expect(
        await about(mine.organizationId, () =>
          client.organization.deleteMany({ where: { id: theirs.organizationId } }),
        ),
      ).toEqual({ count: 0 });
      expect(await theirs.vaultItem.count({ where: { credential_id: 'cred_1' } })).toBe(3);
    });

    test('can make nothing for others, nor give them what is its own', async () => {
      const stolen = vaultItem(theirs.organizationId, 'vi_smuggled');
      const refused = /row-level security/;
      await expect(about(mine.organizationId, () => client.vaultItem.create({ data: stolen }))).rejects.toThrow(
        refused,
      );
      const given = { where: {}, data: { organization_id: theirs.organizationId } };
      await expect(about(mine.organizationId, () => client.vaultItem.updateMany(given))).rejects.toThrow(refused);
      expect([await mine.vaultItem.count(), await theirs.vaultItem.count()]).toEqual([3, 3]);
    });

    test('finds nothing at all where it says nobody', async () => {
      expect(await client.vaultItem.findMany()).toEqual([]);
      expect(await client.organization.count()).toBe(0);
    });

    test('finds nothing in any table, of any other', async () => {
      const seen = await about(mine.organizationId, async () => {
        const counts: Record<string, number> = {};
        for (const name of ORGANIZATION_MODEL_NAMES) {
          const owner = name === 'organization' ? 'id' : 'organization_id';
          const model = client[name] as unknown as { count(args: object): Promise<number> };
          counts[name] = await model.count({ where: { [owner]: { not: mine.organizationId } } });
        }
        return counts;
      });
      expect(seen).toEqual(Object.fromEntries(ORGANIZATION_MODEL_NAMES.map((name) => [name, 0])));
    });
  });

  test('connections that change hands, and calls of one moment, are not mixed up', async () => {
    const others = await Promise.all(Array.from({ length: 6 }, () => newOrganization(storage)));
    for (const db of others)
      await db.vaultItem.create({ data: vaultItem(db.organizationId, `vi_${db.organizationId}`) });
    const system = storage.database.asSystem('sweep');
    const looks = Array.from({ length: 400 }, (_, n) => n).map(async (n) => {
      const db = others[n % others.length] as OrganizationDb;
      const id = `vi_${db.organizationId}`;
      const look = async (models: Models) => [
        (await models.vaultItem.findUnique({ where: { id } }))?.id,
        await models.vaultItem.count(),
      ];
      if (n % 13 === 0) return expect(await system.organization.count()).toBeGreaterThanOrEqual(8);
      const seen = n % 3 === 0 ? await db.transaction(look) : await look(db);
      return expect(seen).toEqual([id, 1]);
    });
    await Promise.all(looks);
  });

  test('a composite key is found, in a transaction and outside', async () => {
    const data = { organization_id: mine.organizationId, lease_key: 'k', run_id: 'wr_1', expires_at: new Date(0) };
    await mine.lease.create({ data });
    const where = { organization_id_lease_key: { organization_id: mine.organizationId, lease_key: 'k' } };
    expect(await mine.lease.findUnique({ where })).toMatchObject({ lease_key: 'k' });
    expect(await mine.transaction((tx) => tx.lease.findUniqueOrThrow({ where }))).toMatchObject({ lease_key: 'k' });
    expect(await theirs.lease.findUnique({ where })).toBeNull();
  });

  test('a role that is exempt is told at the start', async () => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = new URL(place.databaseUrl ?? '').pathname;
    await storage.close();
    const service = await startService({ DATABASE_URL: url.href });
    try {
      expect(service.runtime.services.storage.database.rowSecurity).toBe('bypassed');
      expect(service.log()).toContain('exempt from row-level security');
    } finally {
      await service.close();
    }
  });
});
