import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { ChildProgram } from '../support/child-program.ts';
import { freePort } from '../support/free-port.ts';
import { descendantsOf, processesUsing } from '../support/processes.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { triedOf } from '../support/thorough.ts';
import { type CommandLine, commandLine, type Ended } from './command-line.ts';

const START_MS = 30_000;
const SHOWN_KEY = /^Admin API key, shown only this once: (kt_\S+)\n/;

let line: CommandLine;
let port: number;
beforeEach(async () => {
  line = await commandLine({ KEYTURN_WORKERS: '1' });
  port = await freePort();
});
afterEach(() => line.close());

async function started(env: Record<string, string> = {}): Promise<ChildProgram> {
  const program = line.start(['start'], { env: { KEYTURN_PORT: String(port), ...env } });
  await program.printed(/Keyturn listens on .*\n/, START_MS);
  return program;
}

async function stopped(program: ChildProgram, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  program.signal(signal);
  return program.ended;
}

/** A start that could not be: exit code 3 and this one sentence. */
function refused(ended: Ended, sentence: string | RegExp, stdout: string | RegExp = /^$/): void {
  expect(ended.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/^keyturn: [A-Z].*[.?]$/)]);
  expect(ended.stderr).toMatch(sentence);
  expect(ended.stdout).toMatch(stdout);
  expect(ended.code).toBe(3);
}

describe('keyturn start', () => {
  test('prints its address, and the admin key only the first time', { timeout: 90_000 }, async () => {
    const first = await started();
    const key = SHOWN_KEY.exec(first.stdout())?.[1] ?? '';
    expect(first.stdout()).toContain(`Keyturn listens on http://127.0.0.1:${port} (documentation at `);
    const asked = await fetch(`http://127.0.0.1:${port}/v1/credentials`, { headers: { 'x-api-key': key } });
    expect(asked.status).toBe(200);
    expect(await stopped(first)).toBe(0);

    const second = await started();
    expect(second.output()).not.toMatch(/kt_/);
    const again = await fetch(`http://127.0.0.1:${port}/v1/credentials`, { headers: { 'x-api-key': key } });
    expect(again.status).toBe(200);
    expect(await stopped(second, 'SIGINT')).toBe(0);

    expect(await readdir(line.folder)).toEqual(['.keyturn']);
    expect(processesUsing(line.folder)).toEqual([]);
  });

  test('a given key is the admin key and is not printed; what orchestrators inject is let through', {
    timeout: 60_000,
  }, async () => {
    const key = randomBytes(18).toString('base64url');
    const injected = {
      KEYTURN_SERVICE_HOST: '10.0.0.7',
      KEYTURN_PORT_8377_TCP: 'tcp://10.0.0.7:8377',
    };
    const program = await started({ KEYTURN_API_KEY: key, ...injected });
    const asked = await fetch(`http://127.0.0.1:${port}/v1/api_keys`, { headers: { authorization: `Bearer ${key}` } });
    expect(asked.status).toBe(200);
    expect(await stopped(program)).toBe(0);
    expect(program.output()).not.toContain(key);
    expect(program.output()).not.toMatch(/kt_/);
  });

  test.runIf(process.platform === 'linux')(
    'has no memory in a core dump, nor has anything it starts',
    { timeout: 60_000 },
    async () => {
      const filterOf = (pid: number | string) =>
        Number.parseInt(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'), 16);
      expect(filterOf('self'), 'where it is started from, it is not so').toBeGreaterThan(0);
      const program = await started({ KEYTURN_CHROMIUM: inject('chromium') });
      const { pid } = program;
      await vi.waitFor(() => expect(descendantsOf(pid).length).toBeGreaterThan(0), 20_000);
      expect(
        [pid, ...descendantsOf(pid).map((found) => found.pid)].map(filterOf).filter((filter) => filter !== 0),
      ).toEqual([]);
      expect(await stopped(program)).toBe(0);
    },
  );

  test('a folder that a service holds, and a port in use', { timeout: 90_000 }, async () => {
    const holder = await started();
    refused(await line.run(['start'], { env: { KEYTURN_PORT: '0' } }), /Another Keyturn process holds/);
    const env = { KEYTURN_PORT: String(port), KEYTURN_DATA_DIR: path.join(line.folder, 'other') };
    refused(await line.run(['start'], { env }), new RegExp(`port ${port} .*in use`, 'i'), SHOWN_KEY);
    expect(await stopped(holder)).toBe(0);
  });

  test('a first start that fails shows the key it made all the same', { timeout: 60_000 }, async () => {
    const failed = await line.run(['start'], { env: { KEYTURN_CHROMIUM: '/nowhere/chromium' } });
    refused(failed, /KEYTURN_CHROMIUM names \/nowhere\/chromium/, SHOWN_KEY);
    const key = SHOWN_KEY.exec(failed.stdout)?.[1] ?? '';
    const program = await started();
    const asked = await fetch(`http://127.0.0.1:${port}/v1/credentials`, { headers: { 'x-api-key': key } });
    expect(asked.status).toBe(200);
    expect(await stopped(program)).toBe(0);
  });

  test('another master key than the folder was made with changes nothing in it', { timeout: 60_000 }, async () => {
    const key = () => randomBytes(32).toString('base64');
    const made = await line.run(['organizations', 'create', 'Acme'], { env: { KEYTURN_MASTER_KEY: key() } });
    expect(made.code).toBe(0);
    const folder = path.join(line.folder, '.keyturn');
    const bytes = async () => {
      const names = (await readdir(folder)).sort();
      return Promise.all(names.map(async (name) => [name, (await readFile(path.join(folder, name))).toString('hex')]));
    };
    const before = await bytes();
    expect(before.find(([name]) => name === 'keyturn.db')?.[1]?.length).toBeGreaterThan(10_000);
    const wrong = key();
    for (const masterKey of [wrong, `${wrong},${key()}`]) {
      const ended = await line.run(['start'], { env: { KEYTURN_PORT: '0', KEYTURN_MASTER_KEY: masterKey } });
      refused(ended, /master key/);
      expect(ended.stderr).not.toContain(wrong);
      expect(await bytes()).toEqual(before);
    }
    // The key file of another folder, put in the place of none.
    await writeFile(path.join(folder, 'master.key'), `${wrong}\n`, { mode: 0o600 });
    const withFile = await bytes();
    refused(await line.run(['start'], { env: { KEYTURN_PORT: '0' } }), /master key/);
    expect(await bytes()).toEqual(withFile);
  });

  describe('a setting that is not one', () => {
    const REFUSED: [Record<string, string>, RegExp][] = [
      [{ KEYTURN_PROT: '8377' }, /KEYTURN_PROT is not a setting Keyturn knows/],
      [{ KEYTURN_PORT: 'tcp://10.0.0.7:8377' }, /enableServiceLinks: false/],
      [{ KEYTURN_PORT: '65536' }, /KEYTURN_PORT must be a whole number from 0 to 65535/],
      [{ KEYTURN_MASTER_KEY: 'c2hvcnQtbWFzdGVyLWtleQ==' }, /KEYTURN_MASTER_KEY must be the base64 of exactly 32 bytes/],
      [{ KEYTURN_API_KEY: 'too-short-a-key' }, /KEYTURN_API_KEY must have 24 characters or more/],
      [{ KEYTURN_ALLOW_NETWORKS: '127.0.0.1' }, /"127\.0\.0\.1" is not a network/],
      [{ KEYTURN_ROLE: 'worker' }, /KEYTURN_ROLE=worker needs DATABASE_URL/],
      [
        { KEYTURN_ROLE: 'api', DATABASE_URL: 'postgresql://u:kt-secret-77aa@127.0.0.1:1/x' },
        /KEYTURN_ROLE=api needs KEYTURN_ARTIFACTS: a folder that all processes see, or s3:\/\/bucket\/prefix/,
      ],
      [{ KEYTURN_VAULT: 'attic' }, /KEYTURN_VAULT must be one of/],
      [{ DATABASE_URL: 'mysql://root:kt-secret-77aa@127.0.0.1/x' }, /DATABASE_URL must be a postgresql:\/\/ address/],
    ];
    test.for(REFUSED)('%j', ([env, sentence]) => {
      expect(() => loadConfig(env)).toThrow(sentence);
    });

    test.for<[Record<string, string>, RegExp, RegExp?]>([
      ...triedOf(REFUSED),
      [
        { DATABASE_URL: 'postgresql://u:kt-secret-77aa@127.0.0.1:1/x' },
        /PostgreSQL at 127\.0\.0\.1:1 cannot be reached/,
      ],
      [{ KEYTURN_CHROMIUM: '/nowhere/chromium' }, /\/nowhere\/chromium/, SHOWN_KEY],
    ])('ends the start: %j', async ([env, sentence, stdout]) => {
      const ended = await line.run(['start'], { env: { KEYTURN_PORT: '0', ...env } });
      refused(ended, sentence, stdout);
      expect(ended.stderr).not.toMatch(/kt-secret|c2hvcnQ|too-short-a-key/);
    });
  });

  test('a command that is not one is wrong usage', async () => {
    const ended = await line.run(['strat']);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain("unknown command 'strat'");
  });
});

describeOnEachDatabase('keyturn start', (databases) => {
  let env: Record<string, string>;
  let execute: (sql: string) => Promise<void>;
  beforeEach(async () => {
    const { databaseUrl } = await databases.newPlace();
    env = { KEYTURN_PORT: '0', ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }) };
    execute = databaseUrl === null ? onFile : (sql) => onServer(databaseUrl, sql);
  });

  async function onFile(sql: string): Promise<void> {
    const folder = path.join(line.folder, '.keyturn');
    await mkdir(folder, { recursive: true });
    const database = new DatabaseSync(path.join(folder, 'keyturn.db'));
    database.exec(sql);
    database.close();
  }

  async function onServer(databaseUrl: string, sql: string): Promise<void> {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }

  test('refuses data that a newer Keyturn made', async () => {
    expect((await line.run(['organizations', 'create', 'Acme'], { env })).code).toBe(0);
    await execute(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, started_at, applied_steps_count, logs)
       VALUES ('later', 'x', '29990101000000_later', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1, 'breaking: other tables')`,
    );
    refused(await line.run(['start'], { env }), /made by a newer Keyturn/);
  });

  test('refuses a database of somebody else', async () => {
    await execute('CREATE TABLE invoices (id INTEGER)');
    refused(await line.run(['start'], { env }), /tables that are not ours/);
  });
});
