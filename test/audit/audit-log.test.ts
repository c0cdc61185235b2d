import { createHash } from 'node:crypto';
import path from 'node:path';
import { expect, test } from 'vitest';
import { verifyChain } from '../../src/audit/audit-chain.ts';
import { auditEventView } from '../../src/audit/audit-event.ts';
import { type AuditEntry, AuditLog } from '../../src/audit/audit-log.ts';
import type { OrganizationDb, Storage } from '../../src/storage/db.ts';
import type { AuditEvent } from '../../src/storage/rows.ts';
import { executeSql } from '../support/raw-sql.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

const NOTHING = '0'.repeat(64);
/** SQL for a hash that differs from the one that is there. */
const OTHER_HASH = "CASE substr(hash, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END || substr(hash, 2)";

const entry = (over: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: 'ak_1',
  action: 'run.started',
  subject: 'wr_1',
  related: 'cred_1',
  details: { force: false, expect: ['logged_in'], attempts: 3, nothing: null },
  ...over,
});

const all = (db: OrganizationDb): Promise<AuditEvent[]> => db.auditEvent.findMany({ orderBy: { sequence: 'asc' } });

/** The hash as somebody computes it who has nothing but an exported line and the description. */
function hashOfLine(line: string): string {
  const event = JSON.parse(line);
  const names = Object.keys(event.details).sort();
  const details = `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(event.details[name])}`).join(',')}}`;
  const hash = createHash('sha256');
  for (const text of [
    'keyturn audit 1',
    event.previous_hash,
    event.organization_id,
    `${event.sequence}`,
    event.audit_event_id,
    event.at,
    event.actor,
    event.action,
    event.subject ?? '',
    event.related ?? '',
    event.result,
    event.error_code ?? '',
    details,
  ]) {
    const bytes = new TextEncoder().encode(text);
    hash.update(Uint8Array.of(bytes.length >>> 24, bytes.length >>> 16, bytes.length >>> 8, bytes.length));
    hash.update(bytes);
  }
  return hash.digest('hex');
}

describeOnEachDatabase('the audit log', (databases) => {
  const sqlite = databases.dialect === 'sqlite';

  const run = (storage: Storage, ...statements: string[]) =>
    Promise.all(statements.map((sql) => executeSql(storage.database.asSystem('setup'), sql)));
  /** What somebody does who may do anything to the database. */
  const withoutTriggers = async (storage: Storage, sql: string): Promise<void> => {
    const drop = sqlite
      ? ['DROP TRIGGER IF EXISTS audit_events_no_update', 'DROP TRIGGER IF EXISTS audit_events_no_delete']
      : ['DROP TRIGGER IF EXISTS audit_events_no_change ON audit_events'];
    for (const statement of [...drop, sql]) await run(storage, statement);
  };

  test('counts from 1 in each organization and chains what it holds', async () => {
    const storage = await databases.open();
    const mine = await newOrganization(storage);
    const theirs = await newOrganization(storage);
    await AuditLog.write(mine, entry());
    await AuditLog.write(theirs, entry({ subject: 'wr_theirs' }));
    await AuditLog.write(mine, entry({ action: 'secret.read', subject: null, related: null, details: {} }));
    await AuditLog.write(mine, entry({ result: 'refused', error_code: 'cooldown' }));
    const rows = await all(mine);
    expect(rows.map((row) => row.sequence)).toEqual([1, 2, 3]);
    expect(rows.map((row) => row.previous_hash)).toEqual([NOTHING, rows[0]?.hash, rows[1]?.hash]);
    expect(rows[2]).toMatchObject({ actor: 'ak_1', result: 'refused', error_code: 'cooldown', subject: 'wr_1' });
    for (const row of rows) {
      expect(row.id).toMatch(/^ae_/);
      expect(hashOfLine(JSON.stringify(auditEventView(row)))).toBe(row.hash);
    }
    expect(await all(theirs)).toMatchObject([{ sequence: 1, subject: 'wr_theirs', previous_hash: NOTHING }]);
    expect(await verifyChain(mine)).toEqual({ valid: true, events: 3, head_hash: rows[2]?.hash });
    expect(await verifyChain(await newOrganization(storage))).toEqual({ valid: true, events: 0, head_hash: NOTHING });
  });

  test('belongs to the transaction of what it records', async () => {
    const db = await newOrganization(await databases.open());
    await AuditLog.write(db, entry());
    const undone = db.transaction(async (tx) => {
      await AuditLog.write(tx, entry({ subject: 'wr_undone' }));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await db.transaction(async (tx) => {
      await AuditLog.write(tx, entry({ subject: 'wr_2' }));
      await AuditLog.write(tx, entry({ subject: 'wr_3' }));
    });
    expect((await all(db)).map((row) => row.subject)).toEqual(['wr_1', 'wr_2', 'wr_3']);
    expect(await verifyChain(db)).toMatchObject({ valid: true, events: 3 });
  });

  test('takes everybody who writes at once, on two machines too', async () => {
    const place = await databases.newPlace();
    const storage = await databases.open(place);
    const { organizationId } = await newOrganization(storage);
    const storages = [storage];
    if (!sqlite) storages.push(await databases.open({ ...place, dataDir: path.join(place.dataDir, 'second') }));
    const dbs = storages.map(({ database }) => database.forOrganization(organizationId));
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const db = dbs[index % dbs.length] as OrganizationDb;
        const mine = entry({ subject: `wr_${index}` });
        if (index % 3 === 0) await AuditLog.write(db, mine);
        else await db.transaction(async (tx) => void (await AuditLog.write(tx, mine)));
      }),
    );
    const [db] = dbs as [OrganizationDb];
    expect(await verifyChain(db)).toMatchObject({ valid: true, events: 60 });
    const rows = await all(db);
    expect(new Set(rows.map((row) => row.subject)).size).toBe(60);
    expect(rows.map((row) => row.at.getTime())).toEqual(rows.map((row) => row.at.getTime()).toSorted((a, b) => a - b));
  });

  test('the database refuses to change or delete an event', async () => {
    const storage = await databases.open();
    const db = await newOrganization(storage);
    const row = await AuditLog.write(db, entry());
    // SQLite's adapter takes the refusal of a trigger for one of a foreign key.
    const refused = sqlite ? /Foreign key|audit events are never/ : /audit events are never/;
    await expect(db.auditEvent.updateMany({ data: { actor: 'service' } })).rejects.toThrow(refused);
    await expect(db.auditEvent.deleteMany()).rejects.toThrow(refused);
    await expect(run(storage, "UPDATE audit_events SET hash = ''")).rejects.toThrow(refused);
    await expect(run(storage, 'DELETE FROM audit_events')).rejects.toThrow(refused);
    if (!sqlite) await expect(run(storage, 'TRUNCATE audit_events')).rejects.toThrow(refused);
    expect(await all(db)).toEqual([row]);
  });

  test.each([
    ['who did it', "UPDATE audit_events SET actor = 'service' WHERE sequence = 3", 3],
    ['a detail', `UPDATE audit_events SET details = '{"force":true}' WHERE sequence = 2`, 2],
    ['the time, by a millisecond', 'time', 4],
    ['the hash alone', `UPDATE audit_events SET hash = ${OTHER_HASH} WHERE sequence = 5`, 5],
    ['an event taken out', 'DELETE FROM audit_events WHERE sequence = 3', 3],
    ['the first taken out', 'DELETE FROM audit_events WHERE sequence = 1', 1],
    ['the end cut off', 'DELETE FROM audit_events WHERE sequence > 4', 5],
    ['everything gone', 'DELETE FROM audit_events', 1],
    ['the end of the log moved back', 'UPDATE organizations SET audit_sequence = 4', 4],
  ])('a look over the chain shows %s', async (_what, change, first) => {
    const storage = await databases.open();
    const db = await newOrganization(storage);
    for (let number = 1; number <= 5; number += 1) await AuditLog.write(db, entry({ subject: `wr_${number}` }));
    expect(await verifyChain(db)).toMatchObject({ valid: true, events: 5 });
    const later = sqlite
      ? "UPDATE audit_events SET at = strftime('%Y-%m-%dT%H:%M:%f', at, '+0.001 seconds') || '+00:00' WHERE sequence = 4"
      : "UPDATE audit_events SET at = at + interval '1 millisecond' WHERE sequence = 4";
    await withoutTriggers(storage, change === 'time' ? later : change);
    expect(await verifyChain(db)).toMatchObject({ valid: false, first_broken_sequence: first });
  });

  test('without the row nothing is read', async () => {
    const storage = await databases.open();
    const db = await newOrganization(storage);
    const { action: _action, ...read } = entry();
    await AuditLog.recordRead(db, { ...read, action: 'secret.read' });
    expect(await all(db)).toMatchObject([{ action: 'secret.read', result: 'ok' }]);
    await run(storage, 'ALTER TABLE audit_events RENAME TO audit_events_elsewhere');
    await expect(AuditLog.recordRead(db, { ...read, action: 'secret.read' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The audit log cannot be written, so the secret was not read.',
    });
  });
});
