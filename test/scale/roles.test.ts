import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { sentEvents } from '../api/event-stream.ts';
import { EVERYBODYS_ROWS } from '../storage/place-sql.ts';
import { type Fleet, fleetOn } from '../support/fleet.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { descendantsOf, processesUsing } from '../support/processes.ts';
import { type S3Service, startS3Service } from '../support/s3-service.ts';
import { OPERATOR_KEY, type ServiceProgram } from '../support/service-program.ts';
import { describeWith } from '../support/skip.ts';
import { newPlace, type Place } from '../support/test-database.ts';

interface Started {
  credential_id: string;
  workflow_run_id: string;
}

const WORKERS = inject('thorough') ? 4 : 2;
const RUNS = inject('thorough') ? 300 : 10;
/** First starts on an empty database. */
const AT_ONCE = inject('thorough') ? 4 : 2;
/** Of the last of all the runs, on two cores. */
const ENDED_MS = inject('thorough') ? 300_000 : 120_000;
const LONG = { timeout: ENDED_MS + 30_000 };

describeWith({ name: 'PostgreSQL', available: inject('postgresUrl') !== '' }, `one API and ${WORKERS} workers`, () => {
  let folder: string;
  let place: Place;
  let s3: S3Service;
  let fleet: Fleet;
  let api: ServiceProgram;
  let workers: ServiceProgram[];
  let database: Client;
  let practice: Practice;
  let sent: SentMessage[] = [];
  const accounts = Array.from({ length: RUNS }, (_, at) => ({ username: `user${at}`, password: randomPassword() }));

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'keyturn-fleet-'));
    place = await newPlace('postgresql');
    practice = await startPractice({ deliver: (message) => sent.push(message) });
    for (const account of accounts) practice.site.accounts.set(account);
    s3 = await startS3Service();
    fleet = fleetOn(folder, place.databaseUrl ?? '', {
      KEYTURN_ARTIFACTS: `s3://${s3.bucket}/runs`,
      KEYTURN_S3_ENDPOINT: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    });
    // All at once, on an empty database.
    [api, ...workers] = (await Promise.all([
      fleet.start('api'),
      ...Array.from({ length: WORKERS }, () => fleet.start('worker')),
    ])) as [ServiceProgram, ...ServiceProgram[]];
    database = new Client({ connectionString: place.databaseUrl ?? '', options: EVERYBODYS_ROWS });
    await database.connect();
    await database.query(`
      CREATE SCHEMA observed;
      CREATE TABLE observed.claims (run_id TEXT, claimed_by TEXT);
      CREATE FUNCTION observed.claim() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO observed.claims VALUES (NEW.id, NEW.claimed_by); RETURN NULL; END $$;
      CREATE TRIGGER claimed AFTER UPDATE ON runs FOR EACH ROW
        WHEN (OLD.status = 'queued' AND NEW.status = 'running') EXECUTE FUNCTION observed.claim()`);
  }, 120_000);
  afterAll(async () => {
    await fleet.close();
    await database.end();
    await practice.close();
    await s3.close();
    await place.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const statusPath = ({ credential_id: id, workflow_run_id: run }: Started) => `/v1/credentials/${id}/test/${run}`;
  const startTest = async (url: string, change: Record<string, unknown> = {}): Promise<Started> => {
    const { status, body } = await api.call('POST', '/v1/credentials/test-login', {
      url,
      username: practice.ada.username,
      password: practice.ada.password,
      ...change,
    });
    expect([status, body.errors]).toEqual([200, undefined]);
    return body;
  };
  const finished = async (started: Started) => {
    // While it awaits something, every look is answered at once.
    const look = async () => (await api.call('GET', `${statusPath(started)}?wait=15`)).body;
    await expect.poll(async () => (await look()).finished_at, { timeout: ENDED_MS, interval: 50 }).not.toBeNull();
    return look();
  };

  test('only the API process serves the API; a worker tells its health and its metrics', async () => {
    const [worker] = workers as [ServiceProgram];
    expect((await api.call('GET', '/health/ready')).body).toEqual({ status: 'ready', parts: { database: 'ready' } });
    expect((await worker.call('GET', '/health/ready')).body.parts).toEqual({
      database: 'ready',
      pool: 'ready',
      browser: 'ready',
    });
    expect((await fetch(`${worker.url}/metrics`)).status).toBe(200);
    expect((await worker.call('GET', '/health/live')).status).toBe(200);
    for (const route of ['/v1/credentials', '/openapi.json', '/docs']) {
      expect((await worker.call('GET', route)).status).toBe(404);
    }
    expect((await api.call('GET', '/v1/credentials')).status).toBe(200);
    expect(processesUsing(path.join(folder, 'machine-1')).filter(({ command }) => /chrom/.test(command))).toEqual([]);
  });

  test('a login is told as it goes, and what it left is served', LONG, async () => {
    const started = await startTest(practice.site.url('classic'));
    const stream = await fetch(`${api.url}/v1/runs/${started.workflow_run_id}/events`, {
      headers: { 'x-api-key': OPERATOR_KEY },
    });
    const seen: { event: string; late: number }[] = [];
    for await (const { event, data } of sentEvents(stream)) {
      seen.push({ event, late: Date.now() - Date.parse(data.at) });
    }
    expect(seen.at(-1)?.event).toBe('final');
    expect(seen.map(({ event }) => event)).toContain('stage');
    // Far from the look that is taken anyway: every one of them was told of.
    expect(Math.max(...seen.map(({ late }) => late))).toBeLessThan(2_500);
    const run = await finished(started);
    expect(run).toMatchObject({ outcome: 'logged_in', verdict: 'passed' });
    const picture = run.evidence.find(({ artifact }: { artifact?: string }) => artifact)?.artifact;
    const shown = await fetch(`${api.url}/v1/runs/${started.workflow_run_id}/artifacts/${picture}`, {
      headers: { 'x-api-key': OPERATOR_KEY },
    });
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png']);
    // The worker put it into the bucket, and the API process has it from there.
    const stored = s3.objects.get(`runs/${started.workflow_run_id}/${picture}`);
    expect(stored?.bytes.equals(Buffer.from(await shown.arrayBuffer()))).toBe(true);
    for (const { program } of workers) {
      const browsers = descendantsOf(program.pid);
      expect(browsers.length).toBeGreaterThan(0);
      expect(browsers.filter(({ environment }) => /AWS_|KEYTURN_|DATABASE_URL/.test(environment))).toEqual([]);
    }
  });

  test('a code that is pushed to the API reaches the worker that waits', LONG, async () => {
    const account = { username: 'mailed', password: randomPassword(), codeTo: 'mailed@lindgrove.test' };
    practice.site.accounts.set(account);
    sent = [];
    const started = await startTest(practice.site.url('totp-one-box'), {
      username: account.username,
      password: account.password,
      totp_type: 'email',
      totp_identifier: account.codeTo,
    });
    // Held until the run, on a worker, awaits something.
    const { body: waiting } = await api.call('GET', `${statusPath(started)}?wait=60`);
    expect(waiting.awaiting).toMatchObject({ kind: 'code', channel: 'email' });
    const since = Date.now();
    await api.call('POST', '/v1/credentials/totp', { totp_identifier: account.codeTo, content: sent[0]?.code });
    await expect.poll(() => practice.site.attempts(account.username).code, { timeout: 20_000, interval: 10 }).toBe(1);
    expect(Date.now() - since).toBeLessThan(3_000);
    expect(await finished(started)).toMatchObject({ outcome: 'logged_in' });
  });

  describe('a run that hangs', () => {
    let server: Server;
    let asked: PromiseWithResolvers<{ closed: Promise<unknown> }>;
    beforeAll(async () => {
      server = createServer((request) => asked.resolve({ closed: once(request.socket, 'close') }));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });
    const hanging = async () => {
      asked = Promise.withResolvers();
      const started = await startTest(`http://127.0.0.1:${(server.address() as AddressInfo).port}/login`);
      return { started, ...(await asked.promise) };
    };
    const cancel = async (started: Started) =>
      expect((await api.call('POST', `${statusPath(started)}/cancel`)).body).toEqual({ status: 'canceled' });

    test('is closed on its machine within a second of the cancel', LONG, async () => {
      const { started, closed } = await hanging();
      await cancel(started);
      const since = Date.now();
      await closed;
      expect(Date.now() - since).toBeLessThan(1_000);
      expect(await finished(started)).toMatchObject({ status: 'canceled' });
    });

    test('is closed too when the word of the cancel was lost', LONG, async () => {
      const { started, closed } = await hanging();
      // Of a process that died after it had written the cancel, and before it said so.
      await database.query(`UPDATE runs SET status = 'canceled', finished_at = now() WHERE id = $1`, [
        started.workflow_run_id,
      ]);
      const since = Date.now();
      await closed;
      expect(Date.now() - since).toBeLessThan(15_000);
    });
  });

  test(`${RUNS} runs are taken once each`, LONG, async () => {
    await database.query('DELETE FROM observed.claims');
    const url = practice.site.url('classic');
    const started = await Promise.all(
      accounts.map((account) => startTest(url, { ...account, save_browser_profile: false })),
    );
    const ended = await Promise.all(started.map(finished));
    expect(ended.map(({ outcome }) => outcome)).toEqual(ended.map(() => 'logged_in'));
    expect(accounts.map(({ username }) => practice.site.attempts(username).password)).toEqual(accounts.map(() => 1));
    const { rows } = await database.query('SELECT run_id, claimed_by FROM observed.claims');
    expect(rows.map(({ run_id: id }) => id).sort()).toEqual(started.map(({ workflow_run_id: id }) => id).sort());
    expect(new Set(rows.map(({ claimed_by: by }) => by)).size).toBe(WORKERS);
  });

  test('the connection that notices come over is cut, and what was missed is found', LONG, async () => {
    const cut = () =>
      database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'keyturn-bus' AND datname = current_database()`);
    const account = { username: 'cut', password: randomPassword(), codeTo: 'cut@lindgrove.test' };
    practice.site.accounts.set(account);
    sent = [];
    const started = await startTest(practice.site.url('totp-one-box'), {
      username: account.username,
      password: account.password,
      totp_type: 'email',
      totp_identifier: account.codeTo,
    });
    await api.call('GET', `${statusPath(started)}?wait=60`);
    expect((await cut()).rowCount).toBe(WORKERS + 1);
    await api.call('POST', '/v1/credentials/totp', { totp_identifier: account.codeTo, content: sent[0]?.code });
    expect(await finished(started)).toMatchObject({ outcome: 'logged_in' });
    const listening = () =>
      database.query(`SELECT FROM pg_stat_activity
        WHERE application_name = 'keyturn-bus' AND datname = current_database()`);
    await expect.poll(async () => (await listening()).rowCount).toBe(WORKERS + 1);
    for (const { program } of [api, ...workers]) expect(program.output()).not.toContain('keyturn-bus');
  });

  test('a process with another master key, or without one, does not start', LONG, async () => {
    const other = Buffer.alloc(32, 7).toString('base64');
    await Promise.all([
      expect(fleet.start('worker', { KEYTURN_MASTER_KEY: other })).rejects.toThrow(
        /The master key does not open this data/,
      ),
      expect(fleet.start('api', { KEYTURN_MASTER_KEY: '' })).rejects.toThrow(/key file .* is gone/),
    ]);
  });

  test('SIGTERM ends each of them with exit code 0', LONG, async () => {
    for (const { program } of [api, ...workers]) program.signal('SIGTERM');
    expect(await Promise.all([api, ...workers].map(({ program }) => program.ended))).toEqual([
      0,
      ...workers.map(() => 0),
    ]);
  });
});

describeWith({ name: 'PostgreSQL', available: inject('postgresUrl') !== '' }, 'a first start', () => {
  let folder: string;
  let place: Place;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'keyturn-first-'));
    place = await newPlace('postgresql');
  });
  afterAll(async () => {
    await place.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test(`of ${AT_ONCE} at once makes one organization and one key`, LONG, async () => {
    const fleet = fleetOn(folder, place.databaseUrl ?? '');
    try {
      await expect(fleet.start('api', { KEYTURN_MASTER_KEY: '' })).rejects.toThrow(/needs the master key that all/);
      const started = await Promise.all(
        Array.from({ length: AT_ONCE }, () => fleet.start('api', { KEYTURN_API_KEY: '' })),
      );
      const keys = started.flatMap(({ program }) => program.output().match(/kt_\S+/g) ?? []);
      expect(keys).toHaveLength(1);
      for (const { url } of started) {
        const { status } = await fetch(`${url}/v1/runs`, { headers: { 'x-api-key': keys[0] ?? '' } });
        expect(status).toBe(200);
      }
      const client = new Client({ connectionString: place.databaseUrl ?? '', options: EVERYBODYS_ROWS });
      await client.connect();
      const { rows } = await client.query('SELECT (SELECT count(*) FROM organizations)::int AS organizations');
      await client.end();
      expect(rows).toEqual([{ organizations: 1 }]);
    } finally {
      await fleet.close();
    }
  });
});
