import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { Client } from 'pg';
import { newId } from '../src/ids.ts';
import { queueState } from '../src/runs/queue-state.ts';
import { RunCounts } from '../src/runs/run-counts.ts';
import { claimRun, getRun, listRuns } from '../src/runs/run-store.ts';
import type { Dialect, OrganizationDb, Storage } from '../src/storage/db.ts';
import { openStorage } from '../src/storage/open-storage.ts';
import { findPrograms, startPostgres } from '../test/support/postgres-server.ts';
import type { BenchResult, Goal } from './bench-result.ts';
import { median } from './statistics.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const ROUNDS = 60;
/** A million rows may cost so many times ten thousand. */
const GOAL = 2;
const QUEUED = 200;
const CREDENTIALS = 500;

/** A database with raw access beside the stores, for filling it and for asking how a query is done. */
interface Place {
  dialect: Dialect;
  folder: string;
  databaseUrl: string | null;
  /** Runs one statement. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  remove(): Promise<void>;
}

async function sqlitePlace(): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-rows-'));
  return {
    dialect: 'sqlite',
    folder,
    databaseUrl: null,
    async sql(text) {
      const client = createClient({ url: pathToFileURL(path.join(folder, 'keyturn.db')).href });
      try {
        return (await client.execute(text)).rows.map((row) => ({ ...row }));
      } finally {
        client.close();
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgresPlace(programs: string): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-rows-'));
  const server = await startPostgres(programs);
  const client = new Client({ connectionString: server.url });
  await client.connect();
  return {
    dialect: 'postgresql',
    folder,
    databaseUrl: server.url,
    sql: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    async remove() {
      await client.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const COLUMNS = `id, organization_id, workflow_id, credential_id, status, outcome, verdict, expect, url,
  save_browser_profile, start_from_profile, temporary_credential, evidence, created_at, finished_at`;

/** Rows as a year of monitoring leaves them: nearly all are over, the last two hundred wait. */
async function fill(place: Place, ids: { organization: string; workflow: string }, from: number, to: number) {
  const evidence = JSON.stringify([{ signal: 'control', weight: 4, text: 'x'.repeat(150) }]);
  const constants = `'${ids.organization}', '${ids.workflow}'`;
  const state = (i: string) =>
    `CASE WHEN ${i} % 9 = 0 THEN 'terminated' WHEN ${i} % 31 = 0 THEN 'failed' ELSE 'completed' END`;
  const facts = `'logged_in', 'passed', '["logged_in"]', 'https://login.example.com/'`;
  const base = Date.now() - 40 * 24 * 3600 * 1000;
  if (place.dialect === 'postgresql') {
    await place.sql(`INSERT INTO runs (${COLUMNS})
      SELECT 'wr_' || lpad(i::text, 20, '0'), ${constants}, 'cred_' || i % ${CREDENTIALS}, ${state('i')}, 'logged_in', 'passed',
        '["logged_in"]'::jsonb, 'https://login.example.com/', true, false, false, '${evidence}'::jsonb,
        to_timestamp(${base} / 1000.0) + i * interval '3 seconds', to_timestamp(${base} / 1000.0) + i * interval '3 seconds'
      FROM generate_series(${from}, ${to - 1}) AS i`);
    await place.sql('VACUUM ANALYZE runs');
    return;
  }
  const at = `strftime('%Y-%m-%dT%H:%M:%f', ${base} / 1000.0 + i * 3, 'unixepoch') || '+00:00'`;
  await place.sql(`INSERT INTO runs (${COLUMNS})
    WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to - 1})
    SELECT 'wr_' || printf('%020d', i), ${constants}, 'cred_' || (i % ${CREDENTIALS}), ${state('i')}, ${facts},
      1, 0, 0, '${evidence}', ${at}, ${at} FROM n`);
  await place.sql('ANALYZE');
}

async function queue(db: OrganizationDb, workflow: string): Promise<void> {
  await db.run.deleteMany({ where: { status: 'queued' } });
  for (let at = 0; at < QUEUED; at += 1) {
    await db.run.create({
      data: {
        id: newId('run'),
        organization_id: db.organizationId,
        workflow_id: workflow,
        credential_id: `cred_${at}`,
        status: 'queued',
        expect: ['logged_in'],
        url: 'https://login.example.com/',
        save_browser_profile: true,
        start_from_profile: false,
        temporary_credential: false,
        evidence: [],
        created_at: new Date(),
      },
    });
  }
}

type Times = Record<string, number>;

/** Median milliseconds of what the routes and the dispatcher ask. */
async function measure(storage: Storage, db: OrganizationDb, size: number): Promise<Times> {
  const counts = new RunCounts();
  const system = storage.database.asSystem('dispatch');
  const page = { skip: 0, take: 10 };
  const claimable = await system.run.findMany({ where: { status: 'queued' }, take: ROUNDS + 3, select: { id: true } });
  const some = (round: number) => `wr_${String(((round + 3) * 7_919) % size).padStart(20, '0')}`;
  const asked: Record<string, (round: number) => Promise<unknown>> = {
    list: () => listRuns(db, counts, {}, page),
    'list by status': () => listRuns(db, counts, { status: 'failed' }, page),
    'list by open status': () => listRuns(db, counts, { status: 'queued' }, page),
    status: (round) => getRun(db, some(round)),
    'look for queued runs': () =>
      system.run.findMany({
        where: { status: 'queued' },
        orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
        take: 100,
        select: { id: true },
      }),
    claim: (round) => claimRun(db, claimable[round + 3]?.id ?? '', 'bench'),
    'queue depth': () => queueState(system, Date.now()),
  };
  const times: Times = {};
  for (const [name, ask] of Object.entries(asked)) {
    const all: number[] = [];
    for (let round = -3; round < ROUNDS; round += 1) {
      const started = performance.now();
      await ask(round);
      if (round >= 0) all.push(performance.now() - started);
    }
    times[name] = median(all);
  }
  return times;
}

/** How the database does what the stores ask, in its own words. */
async function plans(place: Place, organization: string): Promise<Record<string, string>> {
  const org = `organization_id = '${organization}'`;
  const queries = {
    list: `SELECT * FROM runs WHERE ${org} ORDER BY created_at DESC, id DESC LIMIT 10`,
    'list by status': `SELECT * FROM runs WHERE ${org} AND status = 'failed' ORDER BY created_at DESC, id DESC LIMIT 10`,
    'list by credential': `SELECT * FROM runs WHERE ${org} AND credential_id = 'cred_7' ORDER BY created_at DESC, id DESC LIMIT 10`,
    status: `SELECT * FROM runs WHERE ${org} AND id = 'wr_00000000000000000007'`,
    'look for queued runs': `SELECT * FROM runs WHERE status = 'queued' ORDER BY created_at, id LIMIT 100`,
    'queue depth': `SELECT count(*) FROM runs WHERE status = 'queued'`,
    claim: `UPDATE runs SET status = 'running' WHERE id = 'wr_00000000000000000007' AND ${org} AND status = 'queued'`,
  };
  const found: Record<string, string> = {};
  for (const [name, text] of Object.entries(queries)) {
    const rows = await place.sql(`${place.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${text}`);
    const lines = rows.map((row) => String(row.detail ?? row['QUERY PLAN']));
    found[name] = lines
      .filter((line) => /USING|Scan|SCAN|Sort|TEMP/.test(line))
      .map((line) => line.trim().replace(/ +\(cost.*/, ''))
      .join('; ');
  }
  return found;
}

async function onPlace(place: Place) {
  const open = () => openStorage({ dataDir: place.folder, databaseUrl: place.databaseUrl });
  const ids = { organization: newId('organization'), workflow: newId('workflow') };
  let storage = await open();
  const created_at = new Date();
  await storage.database
    .asSystem('setup')
    .organization.create({ data: { id: ids.organization, name: 'Rows', created_at } });
  const data = { id: ids.workflow, organization_id: ids.organization, title: 'Rows', definition: {}, created_at };
  await storage.database.forOrganization(ids.organization).workflow.create({ data });
  await storage.close();
  const bySize = new Map<number, Times>();
  let filled = 0;
  for (const size of SIZES) {
    await fill(place, ids, filled, size);
    filled = size;
    storage = await open();
    try {
      const db = storage.database.forOrganization(ids.organization);
      await queue(db, ids.workflow);
      bySize.set(size, await measure(storage, db, size));
    } finally {
      await storage.close();
    }
  }
  return { bySize, plans: await plans(place, ids.organization) };
}

/** Lists, status and claim with ten thousand, a hundred thousand and a million runs in the table, on both databases. */
export async function rowsBench(): Promise<BenchResult> {
  const programs = findPrograms();
  const places = [await sqlitePlace(), ...(programs ? [await postgresPlace(programs)] : [])];
  const rows: BenchResult['rows'] = [];
  const goals: Goal[] = [];
  const figures: Record<string, unknown> = {};
  for (const place of places) {
    try {
      const { bySize, plans: shown } = await onPlace(place);
      const [small = {}, , large = {}] = SIZES.map((size) => bySize.get(size));
      for (const name of Object.keys(small)) {
        const ratio = (large[name] ?? Number.NaN) / (small[name] ?? Number.NaN);
        rows.push([`${place.dialect}: ${name}`, ...SIZES.map((size) => bySize.get(size)?.[name] ?? null), ratio]);
        if (/^(list|status)/.test(name)) {
          goals.push({
            what: `${place.dialect}: ${name}, a million against ten thousand`,
            figure: ratio,
            most: GOAL,
            unit: '×',
          });
        }
      }
      for (const [name, plan] of Object.entries(shown))
        rows.push([`${place.dialect}: ${name} by ${plan}`, null, null, null, null]);
      figures[place.dialect] = { times: Object.fromEntries(bySize), plans: shown };
    } finally {
      await place.remove();
    }
  }
  return {
    name: 'rows',
    title: `Runs in the table, median milliseconds of ${ROUNDS}`,
    columns: ['', ...SIZES.map(String), 'ratio'],
    rows,
    goals,
    figures,
  };
}
