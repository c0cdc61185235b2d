import { expect, test } from 'vitest';
import { type Claimed, FairQueue } from '../../src/runs/fair-queue.ts';
import type { OrganizationDb, Storage } from '../../src/storage/db.ts';
import type { Run } from '../../src/storage/rows.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

describeOnEachDatabase('the order of the queue', (databases) => {
  /** Organizations with so many queued runs each; the later ones began to queue later. */
  const queued = async (storage: Storage, ...counts: number[]): Promise<OrganizationDb[]> => {
    const organizations: OrganizationDb[] = [];
    for (const [at, count] of counts.entries()) {
      const db = await newOrganization(storage);
      organizations.push(db);
      const of = { organization_id: db.organizationId, created_at: new Date(0) };
      await db.workflow.create({ data: { ...of, id: `wpid_${at}`, title: 'one', definition: {} } });
      const rows = Array.from({ length: count }, (_, run) => ({
        ...of,
        id: `wr_${at}_${String(run).padStart(6, '0')}`,
        workflow_id: `wpid_${at}`,
        credential_id: `cred_${run}`,
        status: 'queued',
        expect: [],
        evidence: [],
        url: `https://site-${run % 2}.example/login`,
        // As an older version writes it: without.
        origin: run % 3 === 2 ? null : `https://site-${run % 2}.example`,
        save_browser_profile: false,
        start_from_profile: false,
        temporary_credential: false,
        created_at: new Date(1_000_000 * at + run),
      }));
      for (let from = 0; from < count; from += 1_000) await db.run.createMany({ data: rows.slice(from, from + 1_000) });
    }
    return organizations;
  };
  /** What one round of so many places claims, as organization and run. */
  const round = async (
    storage: Storage,
    queue: FairQueue,
    places: number,
    decide: (run: Run) => Claimed = () => 'done',
  ): Promise<string[]> => {
    const claimed: string[] = [];
    await queue.round(
      () => claimed.length < places,
      async (run) => {
        const answer = decide(run);
        if (answer !== 'done') return answer;
        claimed.push(run.id.replace(/^wr_(\d+)_0*(\d+)$/, '$1:$2'));
        await storage.database
          .forOrganization(run.organization_id)
          .run.updateMany({ where: { id: run.id }, data: { status: 'running' } });
        return 'done';
      },
    );
    return claimed;
  };
  const queueOf = (storage: Storage) => new FairQueue(storage.database.asSystem('dispatch'));

  test('goes round the organizations, the oldest run of each first', { timeout: 60_000 }, async () => {
    const storage = await databases.open();
    await queued(storage, 2_000, 1, 2);
    const queue = queueOf(storage);
    expect(await round(storage, queue, 4)).toEqual(['0:0', '1:0', '2:0', '0:1']);
    // The next round begins where this one ended.
    expect(await round(storage, queue, 3)).toEqual(['2:1', '0:2', '0:3']);
  });

  test('passes over what cannot be claimed, and what is at the same site', async () => {
    const storage = await databases.open();
    await queued(storage, 8, 1);
    const tried: string[] = [];
    const decide = (run: Run): Claimed => {
      tried.push(run.id);
      if (run.url.startsWith('https://site-1.')) return 'site';
      return run.id === 'wr_0_000000' ? 'account' : 'done';
    };
    expect(await round(storage, queueOf(storage), 9, decide)).toEqual(['0:2', '1:0', '0:4', '0:6']);
    expect(new Set(tried).size, 'each was tried once').toBe(tried.length);
    // Of the site that was full the second was not even tried, where the row says which it is of.
    expect(tried).not.toContain('wr_0_000003');
  });

  test('leaves an organization alone that has as many as it may', async () => {
    const storage = await databases.open();
    await queued(storage, 3, 2);
    const decide = (run: Run): Claimed => (run.id.startsWith('wr_0_') ? 'organization' : 'done');
    expect(await round(storage, queueOf(storage), 9, decide)).toEqual(['1:0', '1:1']);
  });

  test('comes to a run that stands behind any number of others that cannot be claimed', async () => {
    const storage = await databases.open();
    await queued(storage, 180);
    const queue = queueOf(storage);
    const decide = (run: Run): Claimed => (run.id === 'wr_0_000170' ? 'done' : 'account');
    const claimed: string[] = [];
    for (let rounds = 0; rounds < 4; rounds += 1) claimed.push(...(await round(storage, queue, 1, decide)));
    expect(claimed).toEqual(['0:170']);
    // And then to the first one again.
    const first = (run: Run): Claimed => (run.id === 'wr_0_000000' ? 'done' : 'account');
    for (let rounds = 0; rounds < 5; rounds += 1) claimed.push(...(await round(storage, queue, 1, first)));
    expect(claimed).toEqual(['0:170', '0:0']);
  });
});
