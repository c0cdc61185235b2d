import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { EVERYBODYS_ROWS } from '../storage/place-sql.ts';
import { startOtlpCollector } from '../support/otlp-collector.ts';
import { startPractice } from '../support/practice.ts';
import { descendantsOf } from '../support/processes.ts';
import { startScriptedModel } from '../support/scripted-model.ts';
import { type PlantedSecret, type Sink, searchSecrets } from '../support/secret-search.ts';
import { type Service, startService } from '../support/service.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { startEchoSite } from './echo-site.ts';
import { tour } from './tour.ts';

const TOUR_MS = 240_000;

/** Every row of every table, the queue's too, as text. */
async function dump(databaseUrl: string): Promise<Sink[]> {
  const client = new Client({ connectionString: databaseUrl, options: EVERYBODYS_ROWS });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const sinks: Sink[] = [];
    for (const { name } of rows) {
      const { rows: found } = await client.query<Record<string, unknown>>(`SELECT * FROM ${name}`);
      for (const [index, row] of found.entries()) {
        for (const [column, value] of Object.entries(row)) {
          const sink = { name: `${name}.${column} of row ${index}` };
          if (Buffer.isBuffer(value)) sinks.push({ ...sink, bytes: value });
          else sinks.push({ ...sink, text: typeof value === 'string' ? value : JSON.stringify(value ?? '') });
        }
      }
    }
    expect(sinks.length).toBeGreaterThan(100);
    return sinks;
  } finally {
    await client.end();
  }
}

/** What the exports hold: read past the recorded answers, since an export is the one place that may show it. */
async function sessionValues(service: Service): Promise<PlantedSecret[]> {
  const { body: profiles } = await service.call('GET', '/v1/browser_profiles?page_size=200');
  const found = await Promise.all(
    profiles.map(async ({ browser_profile_id: id }: { browser_profile_id: string }) => {
      const headers = { 'x-api-key': service.key };
      const response = await fetch(`${service.url}/v1/browser_profiles/${id}/export`, { method: 'POST', headers });
      const { storage_state: state } = (await response.json()) as {
        storage_state: { cookies: { value: string }[]; origins: { localStorage: { value: string }[] }[] };
      };
      return [...state.cookies, ...state.origins.flatMap(({ localStorage }) => localStorage)].map(({ value }) => value);
    }),
  );
  return found
    .flat()
    .filter((value) => value.length >= 20)
    .map((value) => ({ name: 'session', value, kind: 'password' }));
}

/** Command lines and environments of everything that was started, the browser too. */
function processTexts(): Sink[] {
  const found = descendantsOf(process.pid);
  expect(found.length).toBeGreaterThan(1);
  return found.map(({ pid, command, environment }) => ({ name: `process ${pid}`, text: `${command}\n${environment}` }));
}

describeOnEachDatabase('the canary', (databases) => {
  test('no password, seed or code is anywhere it does not belong', { timeout: TOUR_MS }, async () => {
    const { databaseUrl } = await databases.newPlace();
    const model = await startScriptedModel();
    const collector = await startOtlpCollector();
    const service = await startService({
      ...model.env,
      ...collector.env,
      KEYTURN_RUNS_PER_WORKER: '3',
      KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8,::1/128',
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    });
    const [practice, echo] = await Promise.all([startPractice(), startEchoSite()]);
    try {
      const secrets = await tour(service, practice, echo, databases.isWhole ? 'all' : 'one of each');
      const files: Sink[] = [{ name: 'data', path: service.dataDir }];
      expect(readdirSync(service.dataDir, { recursive: true }).length).toBeGreaterThan(8);
      // Spans leave within a second of their end.
      const ended = () => collector.spans().filter(({ name }) => name === 'run').length;
      await expect.poll(ended, { timeout: 10_000 }).toBeGreaterThan(databases.isWhole ? 20 : 10);
      const sinks: Sink[] = [
        ...files,
        { name: 'log', text: service.log() },
        ...service.answers().map((text, index) => ({ name: `answer ${index}`, text })),
        ...processTexts(),
        ...(databaseUrl === null ? [] : await dump(databaseUrl)),
        ...collector.received.map((text, index) => ({ name: `spans ${index}`, text })),
        ...model.received.map(({ body }, index) => ({ name: `question ${index}`, text: body })),
      ];
      expect(model.received.length).toBeGreaterThan(databases.isWhole ? 2 : 1);
      expect(service.log().length).toBeGreaterThan(10_000);
      secrets.password('key of the model', model.apiKey);
      const all = secrets.withCodes();
      expect(all.length).toBeGreaterThan(25);
      expect(searchSecrets(all, sinks)).toEqual([]);
      // The session of the practice site is a secret as well: only an export may show it.
      const sessions = await sessionValues(service);
      expect(sessions.length).toBeGreaterThan(databases.isWhole ? 5 : 2);
      expect(searchSecrets(sessions, sinks)).toEqual([]);
    } finally {
      await Promise.all([echo.close(), practice.close()]);
      await service.close();
      await model.close();
      await collector.close();
    }
  });
});

describe('the same search', () => {
  test('finds one value planted in each sink of a real service', { timeout: TOUR_MS }, async () => {
    const service = await startService();
    const plant = (name: string) => ({ name, value: `Planted-${name}-7f3a9c`, kind: 'password' as const });
    const [inDatabase, inLog, inAnswer, inArtifact] = [
      plant('database'),
      plant('log'),
      plant('answer'),
      plant('artifact'),
    ];
    try {
      const db = service.runtime.services.storage.database.asSystem('sweep');
      const { id } = await db.organization.findFirstOrThrow({ where: {} });
      await db.organization.updateMany({ where: { id }, data: { name: inDatabase.value } });
      service.runtime.services.log.info(`something ${inLog.value}`);
      await service.call('GET', `/v1/credentials/${inAnswer.value}`);
      service.answers().push(JSON.stringify({ detail: inAnswer.value }));
      mkdirSync(path.join(service.dataDir, 'artifacts', 'x'), { recursive: true });
      writeFileSync(
        path.join(service.dataDir, 'artifacts', 'x', 'note.json'),
        Buffer.from(encodeURIComponent(inArtifact.value)),
      );
      const sinks: Sink[] = [
        { name: 'data', path: service.dataDir },
        { name: 'log', text: service.log() },
        { name: 'answers', text: service.answers().join('\n') },
      ];
      const hits = searchSecrets([inDatabase, inLog, inAnswer, inArtifact], sinks);
      for (const { name } of [inDatabase, inLog, inAnswer, inArtifact])
        expect(hits.map((hit) => hit.name)).toContain(name);
      expect(readFileSync(path.join(service.dataDir, 'keyturn.db')).length).toBeGreaterThan(0);
    } finally {
      await service.close();
    }
  });
});
