import { beforeAll, describe, expect, test } from 'vitest';
import type { Models, OrganizationDb, OrganizationModelName, Storage } from '../../src/storage/db.ts';
import { MODEL_NAMES, ORGANIZATION_MODEL_NAMES, SYSTEM_REASONS } from '../../src/storage/db.ts';
import { OPERATIONS } from '../../src/storage/organization-scope.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';
import { vaultItem } from './vault-item.ts';

type AnyOperation = Record<string, (args?: unknown) => Promise<unknown>>;

/** The operations of a model without their types: here callers do what the types forbid. */
function untyped(models: Models, name: OrganizationModelName): AnyOperation {
  return models[name] as unknown as AnyOperation;
}

const lease = (organizationId: string, key: string, runId = 'wr_1') => ({
  organization_id: organizationId,
  lease_key: key,
  run_id: runId,
  expires_at: new Date(0),
});

describeOnEachDatabase('the organization scope', (databases) => {
  let storage: Storage;
  let mine: OrganizationDb;
  let theirs: OrganizationDb;
  /** Every way to reach a row of the other organization, by operation. */
  let attempts: Record<string, (db: Models) => Promise<unknown>>;

  beforeAll(async () => {
    storage = await databases.open();
    mine = await newOrganization(storage);
    theirs = await newOrganization(storage);
    await theirs.lease.create({ data: lease(theirs.organizationId, 'their-lease') });
    await theirs.vaultItem.create({ data: vaultItem(theirs.organizationId, 'vi_theirs') });
    const where = { id: 'vi_theirs' };
    const widened = { OR: [where, { organization_id: theirs.organizationId }] };
    const change = { credential_id: 'cred_stolen' };
    const create = vaultItem(mine.organizationId, 'vi_theirs');
    attempts = {
      findUnique: (db) => db.vaultItem.findUnique({ where }),
      findUniqueOrThrow: (db) => db.vaultItem.findUniqueOrThrow({ where }),
      findFirst: (db) => db.vaultItem.findFirst({ where: widened }),
      findFirstOrThrow: (db) => db.vaultItem.findFirstOrThrow({ where: widened }),
      findMany: (db) => db.vaultItem.findMany({ where: { AND: [widened] } }),
      count: (db) => db.vaultItem.count({ where: widened }),
      aggregate: (db) => db.vaultItem.aggregate({ where: widened, _min: { id: true } }),
      groupBy: (db) => db.vaultItem.groupBy({ by: ['id'], where: widened }),
      update: (db) => db.vaultItem.update({ where, data: change }),
      updateMany: (db) => db.vaultItem.updateMany({ where: widened, data: change }),
      updateManyAndReturn: (db) => db.vaultItem.updateManyAndReturn({ where: widened, data: change }),
      upsert: (db) => db.vaultItem.upsert({ where, update: change, create }),
      delete: (db) => db.vaultItem.delete({ where }),
      deleteMany: (db) => db.vaultItem.deleteMany({ where: widened }),
    };
  });

  const empty: Record<string, unknown> = {
    findUnique: null,
    findFirst: null,
    findMany: [],
    count: 0,
    aggregate: { _min: { id: null } },
    groupBy: [],
    updateMany: { count: 0 },
    updateManyAndReturn: [],
    deleteMany: { count: 0 },
  };
  const filtered = OPERATIONS.filter((name) => !name.startsWith('create'));

  test.each(filtered)('%s does not reach another organization', async (name) => {
    const attempt = attempts[name];
    if (!attempt) throw new Error(`There is no attempt for ${name}: a new operation needs one.`);
    if (name in empty) expect(await attempt(mine)).toEqual(empty[name]);
    else await expect(attempt(mine)).rejects.toThrow(/P2025|P2002|not found|No record|Unique constraint/);
    expect(await theirs.vaultItem.findUnique({ where: { id: 'vi_theirs' } })).toMatchObject({
      credential_id: 'cred_1',
    });
  });

  test.each(filtered)('%s does not reach another organization inside a transaction', async (name) => {
    const attempt = attempts[name];
    const outcome = await mine.transaction(async (tx) => attempt?.(tx)).catch((error: unknown) => error);
    if (name in empty) expect(outcome).toEqual(empty[name]);
    else expect(outcome).toBeInstanceOf(Error);
    expect(await theirs.vaultItem.findUnique({ where: { id: 'vi_theirs' } })).toMatchObject({
      credential_id: 'cred_1',
    });
  });

  test('the attempts would reach the row without the scope', async () => {
    const system = storage.database.asSystem('sweep');
    expect(await attempts.findMany?.(system)).toHaveLength(1);
    expect(await attempts.count?.(system)).toBe(1);
  });

  test('a composite key that names the other organization finds nothing', async () => {
    const where = {
      organization_id_lease_key: { organization_id: theirs.organizationId, lease_key: 'their-lease' },
    };
    expect(await mine.lease.findUnique({ where })).toBeNull();
    expect(await theirs.lease.findUnique({ where })).not.toBeNull();
  });

  test('an operation without arguments is limited too', async () => {
    const other = await newOrganization(storage);
    await other.vaultItem.create({ data: vaultItem(other.organizationId, 'vi_other') });
    expect(await other.vaultItem.count()).toBe(1);
    expect(await other.vaultItem.findMany()).toHaveLength(1);
    expect(await other.vaultItem.deleteMany()).toEqual({ count: 1 });
    expect(await theirs.vaultItem.count()).toBe(1);
  });

  test.each(['create', 'createMany', 'createManyAndReturn'])(
    '%s refuses another owner and fills in its own',
    async (name) => {
      const many = name !== 'create';
      const wrong = vaultItem(theirs.organizationId, `vi_${name}_wrong`);
      const { organization_id: _left, ...right } = vaultItem('', `vi_${name}_right`);
      const model = untyped(mine, 'vaultItem');
      const call = (data: object) => model[name]?.({ data: many ? [data] : data });
      await expect(async () => call(wrong)).rejects.toThrow('organization_id names another organization');
      await call(right);
      const system = storage.database.asSystem('sweep');
      expect(await system.vaultItem.findUnique({ where: { id: right.id } })).toMatchObject({
        organization_id: mine.organizationId,
      });
      expect(await system.vaultItem.findUnique({ where: { id: wrong.id } })).toBeNull();
    },
  );

  test('the owner of a row cannot be changed', async () => {
    await mine.vaultItem.create({ data: vaultItem(mine.organizationId, 'vi_mine') });
    const data = { organization_id: theirs.organizationId };
    const where = { id: 'vi_mine' };
    const create = vaultItem(mine.organizationId, 'vi_mine');
    await expect(async () => mine.vaultItem.update({ where, data })).rejects.toThrow('cannot be changed');
    await expect(async () => mine.vaultItem.updateMany({ where, data })).rejects.toThrow('cannot be changed');
    await expect(async () => mine.vaultItem.updateManyAndReturn({ where, data })).rejects.toThrow('cannot be changed');
    await expect(async () => mine.vaultItem.upsert({ where, update: data, create })).rejects.toThrow(
      'cannot be changed',
    );
  });

  test('an organization sees itself only', async () => {
    expect(await mine.organization.findMany()).toMatchObject([{ id: mine.organizationId }]);
    expect(await mine.organization.findUnique({ where: { id: theirs.organizationId } })).toBeNull();
    const data = { id: 'o_new', name: 'New', created_at: new Date(0) };
    await expect(async () => mine.organization.create({ data })).rejects.toThrow('names another organization');
  });

  test('nested writes and cursors are refused', async () => {
    const where = { id: mine.organizationId };
    const nested = { leases: { create: { lease_key: 'x', run_id: 'wr_1', expires_at: new Date(0) } } };
    await expect(async () => mine.organization.update({ where, data: nested })).rejects.toThrow('nested writes');
    const { organization_id: _left, ...rest } = lease('', 'connected');
    const connect = { ...rest, organization: { connect: { id: theirs.organizationId } } };
    await expect(async () => mine.lease.create({ data: connect })).rejects.toThrow('nested writes');
    await expect(async () => mine.vaultItem.findMany({ cursor: { id: 'vi_theirs' } })).rejects.toThrow('cursor');
  });

  test('a row that points to another organization is refused by the database itself', async () => {
    const workflow = { id: 'wpid_theirs', title: 'T', definition: {}, created_at: new Date(0) };
    await theirs.workflow.create({ data: { ...workflow, organization_id: theirs.organizationId } });
    const run = (organizationId: string) => ({
      id: `wr_${organizationId}`,
      organization_id: organizationId,
      workflow_id: 'wpid_theirs',
      credential_id: 'cred_1',
      status: 'queued',
      expect: [],
      url: 'https://example.com',
      save_browser_profile: false,
      start_from_profile: false,
      temporary_credential: false,
      evidence: [],
      created_at: new Date(0),
    });
    await expect(mine.run.create({ data: run(mine.organizationId) })).rejects.toMatchObject({ code: 'P2003' });
    await theirs.run.create({ data: run(theirs.organizationId) });
    const event = {
      run_id: `wr_${theirs.organizationId}`,
      sequence: 1,
      event: 'stage',
      data: {},
      created_at: new Date(0),
    };
    const mineOfTheirs = { ...event, organization_id: mine.organizationId };
    await expect(mine.runEvent.create({ data: mineOfTheirs })).rejects.toMatchObject({ code: 'P2003' });
  });

  test('nothing but models, the id and transactions can be reached', async () => {
    const names = (value: object) => Reflect.ownKeys(value).sort();
    const models = [...ORGANIZATION_MODEL_NAMES];
    expect(names(mine)).toEqual([...models, 'organizationId', 'transaction'].sort());
    expect(names(storage.database.asSystem('sweep'))).toEqual([...MODEL_NAMES, 'transaction'].sort());
    await mine.transaction(async (tx) => expect(names(tx)).toEqual([...models, 'organizationId'].sort()));
    await storage.database
      .asSystem('sweep')
      .transaction(async (tx) => expect(names(tx)).toEqual([...MODEL_NAMES].sort()));
    for (const name of models) {
      expect(names(mine[name])).toEqual([...OPERATIONS].sort());
      expect(Object.getPrototypeOf(mine[name])).toBeNull();
    }
    for (const raw of [
      '$queryRaw',
      '$queryRawUnsafe',
      '$executeRaw',
      '$executeRawUnsafe',
      '$extends',
      '$transaction',
    ]) {
      expect((mine as unknown as Record<string, unknown>)[raw]).toBeUndefined();
    }
    expect(Object.isFrozen(mine)).toBe(true);
  });

  test('the database itself inside a transaction is refused at once', async () => {
    const attempt = mine.transaction(async () => mine.vaultItem.count());
    await expect(attempt).rejects.toThrow('use the one that was handed in');
    const nested = mine.transaction(async () => theirs.transaction(async (tx) => tx.vaultItem.count()));
    await expect(nested).rejects.toThrow('use the one that was handed in');
  });
});

describe('looking across organizations', () => {
  test('has these reasons', () => {
    expect([...SYSTEM_REASONS]).toEqual([
      'authentication',
      'dispatch',
      'arrival',
      'sweep',
      'setup',
      'key-rotation',
      'metrics',
      'command-line',
    ]);
  });
});
