import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { isUniqueViolation } from '../../src/storage/unique-violation.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** True for the one whose create won. */
async function won(create: Promise<unknown>): Promise<boolean> {
  try {
    await create;
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

async function newRun(db: OrganizationDb): Promise<string> {
  const workflowId = newId('workflow');
  const id = newId('run');
  const created_at = new Date();
  await db.workflow.create({
    data: { id: workflowId, organization_id: db.organizationId, title: 'T', definition: {}, created_at },
  });
  await db.run.create({
    data: {
      id,
      organization_id: db.organizationId,
      workflow_id: workflowId,
      credential_id: 'cred_1',
      status: 'queued',
      expect: ['logged_in'],
      url: 'https://example.com/',
      save_browser_profile: true,
      start_from_profile: true,
      temporary_credential: false,
      evidence: [],
      created_at,
    },
  });
  return id;
}

describeOnEachDatabase('at the same time', (databases) => {
  test('a turn is waited for longer than a server that does not answer', async () => {
    const place = await databases.newPlace();
    const databaseUrl = place.databaseUrl && `${place.databaseUrl}?connect_timeout=1`;
    const db = await newOrganization(await databases.open({ ...place, databaseUrl }));
    const id = await newRun(db);
    const over = Promise.withResolvers<void>();
    // As many as there are connections, and more that find none.
    const held = times(12, () =>
      db.transaction(async (tx) => {
        await tx.run.findFirst({ where: { id } });
        await over.promise;
      }),
    );
    const read = times(3, () => db.run.findFirst({ where: { id }, select: { status: true } }));
    await delay(1_500);
    over.resolve();
    await held;
    expect(await read).toEqual(Array(3).fill({ status: 'queued' }));
  });

  test('a transaction under way keeps nobody from reading what was committed before it', async () => {
    const db = await newOrganization(await databases.open());
    const id = await newRun(db);
    const written = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const status = async () => (await db.run.findFirst({ where: { id }, select: { status: true } }))?.status;
    const change = db.transaction(async (tx) => {
      await tx.run.updateMany({ where: { id }, data: { status: 'running' } });
      written.resolve();
      await over.promise;
    });
    await written.promise;
    expect(await status()).toBe('queued');
    over.resolve();
    await change;
    expect(await status()).toBe('running');
  });

  test('of 50 conditional updates one wins', async () => {
    const db = await newOrganization(await databases.open());
    const id = await newRun(db);
    const counts = await times(50, async (index) => {
      const { count } = await db.run.updateMany({
        where: { id, status: 'queued' },
        data: { status: 'running', claimed_by: `worker-${index}` },
      });
      return count;
    });
    expect(counts.filter((count) => count === 1)).toHaveLength(1);
    expect((await db.run.findUniqueOrThrow({ where: { id } })).claimed_by).toBe(`worker-${counts.indexOf(1)}`);
  });

  test('of 50 conditional updates inside transactions one wins', async () => {
    const db = await newOrganization(await databases.open());
    const id = await newRun(db);
    const counts = await times(50, (index) =>
      db.transaction(async (tx) => {
        const { count } = await tx.run.updateMany({
          where: { id, status: 'queued' },
          data: { status: 'running', claimed_by: `worker-${index}` },
        });
        return count;
      }),
    );
    expect(counts.filter((count) => count === 1)).toHaveLength(1);
  });

  test('of 30 that use one code, and of 30 that take one lease, one wins', async () => {
    const db = await newOrganization(await databases.open());
    const { organizationId: organization_id } = db;
    const expires_at = new Date(Date.now() + 60_000);
    const codes = await times(30, (index) => {
      const data = { organization_id, account_key: 'a', time_step: 59_000_000n, run_id: `wr_${index}`, expires_at };
      return won(db.usedCode.create({ data }));
    });
    expect(codes.filter(Boolean)).toHaveLength(1);
    expect(await db.usedCode.findMany()).toMatchObject([
      { time_step: 59_000_000n, run_id: `wr_${codes.indexOf(true)}` },
    ]);
    const leases = await times(30, (index) =>
      won(db.lease.create({ data: { organization_id, lease_key: 'a', run_id: `wr_${index}`, expires_at } })),
    );
    expect(leases.filter(Boolean)).toHaveLength(1);
  });

  test('another organization may use the same code and lease', async () => {
    const storage = await databases.open();
    for (const db of [await newOrganization(storage), await newOrganization(storage)]) {
      const owner = { organization_id: db.organizationId, run_id: 'wr_1', expires_at: new Date() };
      expect(await won(db.usedCode.create({ data: { ...owner, account_key: 'a', time_step: 1n } }))).toBe(true);
      expect(await won(db.lease.create({ data: { ...owner, lease_key: 'a' } }))).toBe(true);
    }
  });

  test('300 transactions all end, none is lost', async () => {
    const db = await newOrganization(await databases.open());
    const id = await newRun(db);
    const run_id = id;
    const created_at = new Date();
    await times(300, () =>
      db.transaction(async (tx) => {
        await tx.run.updateMany({ where: { id }, data: { event_count: { increment: 1 } } });
        const { event_count: sequence } = await tx.run.findUniqueOrThrow({ where: { id } });
        const { organizationId: organization_id } = tx;
        await tx.runEvent.create({ data: { organization_id, run_id, sequence, event: 'step', data: {}, created_at } });
      }),
    );
    const events = await db.runEvent.findMany({ orderBy: { sequence: 'asc' } });
    expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  test('a transaction that fails leaves nothing, and neighbours go on', async () => {
    const db = await newOrganization(await databases.open());
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        db.transaction(async (tx) => {
          const { organizationId: organization_id } = tx;
          const lease_key = `lease-${index}`;
          await tx.lease.create({ data: { organization_id, lease_key, run_id: 'wr_1', expires_at: new Date() } });
          if (index % 2 === 0) throw new Error('on purpose');
        }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toHaveLength(20);
    expect(await db.lease.count()).toBe(20);
  });

  test('values come back as they went in', async () => {
    const db = await newOrganization(await databases.open());
    const id = await newRun(db);
    const started_at = new Date('2026-11-24T23:59:59.999Z');
    const awaiting = { kind: 'totp', nested: [1, null, 'ü', { a: true }] };
    await db.run.update({ where: { id }, data: { started_at, awaiting, site_message: 'naïve “quotes” 🔑' } });
    const row = await db.run.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({
      started_at,
      awaiting,
      site_message: 'naïve “quotes” 🔑',
      outcome: null,
      timings: null,
    });
    const sealed = new Uint8Array(300_000).map((_, index) => index % 251);
    const profile = { id: newId('browserProfile'), organization_id: db.organizationId, name: 'P', data_key_id: 'dk' };
    await db.browserProfile.create({ data: { ...profile, sealed, created_at: started_at, modified_at: started_at } });
    const read = await db.browserProfile.findUniqueOrThrow({ where: { id: profile.id } });
    expect(Buffer.from(read.sealed).equals(Buffer.from(sealed))).toBe(true);
    expect(read.created_at).toEqual(started_at);
  });
});
