import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import type { SentMessage } from '../../src/practice/variant.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { type SmallSite, startSmallSite } from '../browser/small-site.ts';
import { EVERYBODYS_ROWS } from '../storage/place-sql.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type ServiceProgram, startServiceProgram } from '../support/service-program.ts';
import { describeWith } from '../support/skip.ts';
import { newPlace, type Place } from '../support/test-database.ts';

const HOUR_MS = 3_600_000;
const SHIFTED = pathToFileURL(path.resolve(import.meta.dirname, '../support/shifted-clock.ts')).href;

type Started = { credential_id: string; workflow_run_id: string };

describeWith(
  { name: 'PostgreSQL', available: inject('postgresUrl') !== '' },
  'of two processes on one database',
  () => {
    let place: Place;
    let practice: Practice;
    let hanging: SmallSite;
    let folder: string;
    let sent: SentMessage[];
    const services: ServiceProgram[] = [];
    beforeEach(async () => {
      sent = [];
      place = await newPlace('postgresql');
      practice = await startPractice({ deliver: (message) => sent.push(message) });
      hanging = await startSmallSite();
      folder = await mkdtemp(path.join(tmpdir(), 'keyturn-two-'));
    });
    afterEach(async () => {
      for (const { program } of services.splice(0)) await program.close();
      await hanging.close();
      await practice.close();
      await rm(folder, { recursive: true, force: true });
      await place.remove();
    });

    /** With a clock that is so far off. */
    const start = async (name: string, offset: number, more: Record<string, string> = {}): Promise<ServiceProgram> => {
      await mkdir(path.join(folder, name));
      const service = await startServiceProgram(path.join(folder, name), {
        DATABASE_URL: place.databaseUrl ?? '',
        KEYTURN_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
        CLOCK_OFFSET_MS: String(offset),
        NODE_OPTIONS: `--import=${SHIFTED}`,
        ...more,
      });
      services.push(service);
      return service;
    };
    const run = async (service: ServiceProgram, { workflow_run_id: id }: Started) =>
      (await service.call('GET', `/v1/runs/${id}`)).body;
    const login = async (service: ServiceProgram, fields: Record<string, unknown>): Promise<Started> => {
      const { status, body } = await service.call('POST', '/v1/credentials/test-login', fields);
      expect(status).toBe(200);
      return body;
    };
    /** Of a run that waits for a code: the password is at the site. */
    const waiting = async (service: ServiceProgram, name: string): Promise<Started> => {
      const account = { username: name, password: practice.wrong, codeTo: `${name}@lindgrove.test` };
      practice.site.accounts.set(account);
      const { username, password, codeTo } = account;
      const url = practice.site.url('totp-one-box');
      const started = await login(service, { url, username, password, totp_type: 'email', totp_identifier: codeTo });
      await expect.poll(async () => (await run(service, started)).awaiting).not.toBeNull();
      return started;
    };
    const bringCode = async (service: ServiceProgram, name: string) => {
      const code = sent.findLast(({ username }) => username === name)?.code;
      const body = { totp_identifier: `${name}@lindgrove.test`, content: code };
      expect((await service.call('POST', '/v1/credentials/totp', body)).status).toBe(200);
    };

    test('one that stands still loses its runs within 30 s, and submits nothing when it goes on', {
      timeout: 240_000,
    }, async () => {
      // Of two clocks that are two hours apart none is asked. It stands still while the other one takes up what is its own,
      // and is there at once afterwards: what hangs is waited for half a minute and no longer.
      const living = await start('living', HOUR_MS);
      living.program.signal('SIGSTOP');
      const paused = await start('paused', -HOUR_MS, { KEYTURN_RUNS_PER_WORKER: '1' });
      const begun = await waiting(paused, 'ada.begun');
      const { username, password } = practice.ada;
      const untouched = await login(paused, { url: `${hanging.url}never`, username, password });
      // It holds the one place there, so that what comes later is the other one's.
      await hanging.arrived('/never');
      living.program.signal('SIGCONT');
      const alive = await waiting(living, 'ada.alive');

      paused.program.signal('SIGSTOP');
      const before = hanging.requests.length;
      const since = performance.now();
      await expect.poll(async () => (await run(living, begun)).outcome, { timeout: 60_000 }).toBe('interrupted');
      expect(performance.now() - since).toBeLessThan(30_000);
      await expect.poll(() => hanging.requests.length, { timeout: 60_000 }).toBeGreaterThan(before);
      expect(await run(living, untouched)).toMatchObject({ status: 'running' });
      expect(await run(living, alive)).toMatchObject({ status: 'running', awaiting: { kind: 'code' } });

      paused.program.signal('SIGCONT');
      await paused.program.printed(/the run was taken by another process/, 30_000);
      expect((await paused.call('GET', '/health/ready')).status).toBe(200);
      await bringCode(living, 'ada.begun');
      // What the living one has is still its own, and it goes on with it.
      await bringCode(living, 'ada.alive');
      await expect.poll(async () => (await run(living, alive)).outcome, { timeout: 30_000 }).toBe('logged_in');
      expect(practice.site.attempts('ada.begun')).toMatchObject({ password: 1, code: 0 });
      expect(practice.site.attempts('ada.alive')).toMatchObject({ password: 1, code: 1 });
      expect(await run(living, begun)).toMatchObject({ status: 'failed', outcome: 'interrupted' });
      expect(await run(living, untouched)).toMatchObject({ status: 'running' });
    });

    test('how a run ended here is not kept once another one has it, and the log says so', async () => {
      const service = await start('robbed', 0);
      const { username, password } = practice.ada;
      const started = await login(service, { url: `${hanging.url}never`, username, password });
      await hanging.arrived('/never');
      const other = await openStorage(place, () => undefined);
      const database = new Client({ connectionString: place.databaseUrl ?? '', options: EVERYBODYS_ROWS });
      await database.connect();
      try {
        const listening = Promise.withResolvers<void>();
        other.bus.subscribe(({ type }) => type === 'resumed' && listening.resolve());
        await listening.promise;
        await database.query(`UPDATE runs SET claimed_by = 'another' WHERE id = $1`, [started.workflow_run_id]);
        // A word to end it comes here all the same, before the next look at who has it.
        other.bus.publish({ type: 'cancel', run_id: started.workflow_run_id });
      } finally {
        await database.end();
        await other.close();
      }
      await service.program.printed(/the run was taken by another process/, 30_000);
      expect(await run(service, started)).toMatchObject({ status: 'running', outcome: null });
    });
  },
);
