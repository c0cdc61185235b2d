import { expect, test } from 'vitest';
import { newId } from '../../src/ids.ts';
import { RunCounts } from '../../src/runs/run-counts.ts';
import type { OrganizationDb } from '../../src/storage/db.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

const MINUTE = 60_000;

async function addRuns(db: OrganizationDb, workflow: string, count: number, status: string, at: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: newId('run'),
    organization_id: db.organizationId,
    workflow_id: workflow,
    credential_id: 'cred_1',
    status,
    expect: ['logged_in'],
    url: 'https://login.example.com/',
    save_browser_profile: false,
    start_from_profile: false,
    temporary_credential: false,
    evidence: [],
    created_at: new Date(at + index),
  }));
  for (let from = 0; from < rows.length; from += 500) await db.run.createMany({ data: rows.slice(from, from + 500) });
}

describeOnEachDatabase('the number of runs', (databases) => {
  test('is exact while runs come and end, and those of the past are counted once', async () => {
    const storage = await databases.open();
    const [db, other] = [await newOrganization(storage), await newOrganization(storage)];
    for (const one of [db, other]) {
      const data = { id: `w_${one.organizationId}`, organization_id: one.organizationId, title: '', definition: {} };
      await one.workflow.create({ data: { ...data, created_at: new Date() } });
    }
    const workflow = `w_${db.organizationId}`;
    const counts = new RunCounts();
    const all = () => counts.total(db, {});
    const completed = () => counts.total(db, { status: 'completed' });
    const exact = async (status?: string) => db.run.count({ where: { status } });
    const now = Date.now();
    await addRuns(db, workflow, 2_300, 'completed', now - 90 * MINUTE);
    // One that began long ago and goes on, with completed ones behind it.
    await addRuns(db, workflow, 1, 'running', now - 45 * MINUTE);
    await addRuns(db, workflow, 40, 'completed', now - 30 * MINUTE);
    await addRuns(other, `w_${other.organizationId}`, 5, 'completed', now - 90 * MINUTE);
    expect([await all(), await completed()]).toEqual([2_341, 2_340]);
    await db.run.updateMany({ where: { status: 'running' }, data: { status: 'completed' } });
    await addRuns(db, workflow, 3, 'completed', Date.now());
    await addRuns(db, workflow, 2, 'queued', Date.now());
    expect([await all(), await completed()]).toEqual([await exact(), await exact('completed')]);
    expect(await counts.total(db, { status: 'queued' })).toBe(2);
    expect(await counts.total(db, { credentialId: 'cred_1', status: 'completed' })).toBe(await exact('completed'));
    expect(await counts.total(other, {})).toBe(5);

    // Nothing of ours deletes runs; rows that go all the same show what is not looked at again, until it is time to.
    const gone = await db.run.deleteMany({ where: { created_at: { lt: new Date(now - 89 * MINUTE) } } });
    expect(gone.count).toBe(2_300);
    const left = [await exact(), await exact('completed')];
    expect([await all(), await completed()]).toEqual(left.map((count) => count + 2_300));
    const afresh = new RunCounts();
    expect([await afresh.total(db, {}), await afresh.total(db, { status: 'completed' })]).toEqual(left);
  });
});
