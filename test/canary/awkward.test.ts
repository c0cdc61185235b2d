import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { TOTP } from 'otpauth';
import { chromium, type Page, type PageScreenshotOptions } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { maskedPicture } from '../../src/login/screenshot.ts';
import { Scrubber } from '../../src/scrub.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { type Hit, type PlantedSecret, type Sink, searchSecrets } from '../support/secret-search.ts';
import { type Service, startService } from '../support/service.ts';
import { startServiceProgram } from '../support/service-program.ts';
import { isTried } from '../support/thorough.ts';
import { awkwardPasswords, type Canary, groupedSeed, plantedOf } from './awkward-secrets.ts';
import { type EchoSite, startEchoSite } from './echo-site.ts';
import { play, SCENARIOS, type Scenario, SEED_SCENARIOS } from './scenarios.ts';

const LONG_MS = 1_800_000;
/** Runs under way at a time. */
const AT_ONCE = 4;

/** Knows no secret. */
class BlindScrubber extends Scrubber {
  override add(): void {}
}

let practice: Practice;
let echo: EchoSite;
let model: ScriptedModel;
beforeAll(async () => {
  [practice, echo, model] = await Promise.all([startPractice(), startEchoSite(), startScriptedModel()]);
});
afterAll(() => Promise.all([practice.close(), echo.close(), model.close()]));

const env = () => ({
  ...model.env,
  KEYTURN_RUNS_PER_WORKER: '3',
  KEYTURN_ALLOW_NETWORKS: '127.0.0.0/8,::1/128',
  KEYTURN_CODE_TIMEOUT_SECONDS: '2',
});

interface Played {
  name: string;
  run: string;
  end: string;
}

/** Plays every pair, some at a time. */
async function playAll(service: Service, pairs: readonly (readonly [Canary, Scenario])[]): Promise<Played[]> {
  const left = pairs.map((pair, index) => ({ pair, index }));
  const played: Played[] = [];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { pair, index } = next;
      const [canary, scenario] = pair;
      const username = `bird-${index}-${Math.random().toString(36).slice(2, 8)}@lindgrove.test`;
      const scene = { service, site: practice.site, echo, username, password: canary.value };
      const { run, end } = await play(scenario, scene);
      played.push({
        name: `${canary.name}, ${scenario.name}`,
        run,
        end: scenario.ends.includes(end) ? 'as expected' : end,
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return played;
}

async function text(service: Service, path: string): Promise<string> {
  const response = await fetch(service.url + path, { headers: { 'x-api-key': service.key } });
  return response.text();
}

/** Everything a service gave out or left. */
async function sinksOf(service: Service, played: readonly Played[]): Promise<Sink[]> {
  const events: Sink[] = [];
  for (const { run } of played.filter((one) => one.run !== '')) {
    events.push({ name: `events of ${run}`, text: await text(service, `/v1/runs/${run}/events`) });
    await service.call('GET', `/v1/runs/${run}`);
  }
  for (const path of [
    '/v1/runs?page_size=200',
    '/v1/credentials?include_temporary=true',
    '/v1/attempts',
    '/openapi.json',
  ])
    await service.call('GET', path);
  return [
    { name: 'data', path: service.dataDir },
    { name: 'log', text: service.log() },
    { name: 'answers', text: service.answers().join('\n') },
    ...events,
    { name: 'prompts', text: model.received.map(({ body }) => body).join('\n') },
  ];
}

const told = (hits: readonly Hit[]) =>
  hits.map(({ sink, name, encoding }) => `${name} in ${sink} (${encoding})`).sort();

/**
 * Each scenario with another canary, and each sixth where it is said back, as all that come after. When thorough, each
 * canary is said back and comes through each eighth scenario besides, beginning with another one: all through all would
 * be two thousand logins.
 */
function pairsOf(canaries: readonly Canary[]): (readonly [Canary, Scenario])[] {
  const said = SCENARIOS.filter(({ name }) => name.startsWith('said back'));
  return canaries.flatMap((canary, index) => {
    const own = SCENARIOS[index];
    const more = inject('thorough') ? SCENARIOS.filter((_, at) => (at + index) % 8 === 0) : [];
    const all = [own, !own || isTried(index, 6) ? said[1] : undefined, ...more];
    return [...new Set(all)]
      .filter((scenario) => scenario !== undefined)
      .map((scenario) => [canary, scenario] as const);
  });
}

const isWord = ({ word }: Canary): boolean => word === true;

/** The pages that were kept, as one text. */
function pagesOf({ dataDir }: Service): Sink {
  const names = readdirSync(dataDir, { recursive: true }).map(String);
  const pages = names.filter((name) => name.endsWith('page.html'));
  return { name: 'pages', text: pages.map((name) => readFileSync(path.join(dataDir, name), 'utf8')).join('\n') };
}

/** Every code that a seed gave since a time. */
function codesOf({ name, value }: Canary, since: number): PlantedSecret[] {
  const totp = new TOTP({ secret: value.replaceAll(' ', '').toUpperCase() });
  const steps = Math.ceil((Date.now() - since) / 30_000) + 2;
  return Array.from({ length: steps }, (_, step) => ({
    name: `code of ${name}`,
    value: totp.generate({ timestamp: since + (step - 1) * 30_000 }),
    kind: 'code',
  }));
}

/** Where a word that is a secret stands in quotes, in any of the texts, as a site would show it. */
function shownAsValue(words: readonly Canary[], sinks: readonly Sink[]): string[] {
  return words.flatMap(({ value }) => {
    const quoted = new RegExp(`password (?:\\W|&quot;){1,12}${value}(?!\\w)`, 'i');
    return sinks.filter((sink) => 'text' in sink && quoted.test(sink.text)).map(({ name }) => name);
  });
}

/** The words of a page where nothing is painted over, as its picture is taken. */
async function shownIn(page: Page, secrets: readonly string[]): Promise<string> {
  const words = Object.create(page, {
    screenshot: {
      value: async ({ style = '' }: PageScreenshotOptions) => {
        const hidden = page.locator(style.slice(0, style.indexOf('{')));
        await hidden.evaluateAll((all) => all.map((element) => element.replaceChildren()));
        return Buffer.from(await page.evaluate(() => document.body?.innerText ?? ''));
      },
    },
  }) as Page;
  const taken = await maskedPicture(words, secrets);
  return String(taken);
}

describe('secrets of awkward shapes', () => {
  test('are nowhere after every kind of end', { timeout: LONG_MS }, async () => {
    const since = Date.now();
    const canaries = awkwardPasswords();
    expect(canaries.length).toBeGreaterThanOrEqual(40);
    const service = await startService({ ...env(), KEYTURN_RECORD: 'har' });
    try {
      const seed = groupedSeed();
      const played = await playAll(service, [
        ...pairsOf(canaries),
        ...SEED_SCENARIOS.map((one) => [seed, one] as const),
      ]);
      expect.soft(played.filter(({ end }) => end !== 'as expected')).toEqual([]);
      const sinks = await sinksOf(service, played);
      const names = readdirSync(service.dataDir, { recursive: true }).map(String);
      for (const kind of ['final.png', 'page.html', 'network.har']) {
        expect.soft(names.filter((name) => name.endsWith(kind)).length, kind).toBeGreaterThan(15);
      }
      expect.soft(model.received.length).toBeGreaterThan(1);
      const planted = [...canaries.flatMap(plantedOf), ...plantedOf(seed), ...codesOf(seed, since)];
      expect(planted.length).toBeGreaterThan(canaries.length);
      expect(told(searchSecrets(planted, sinks))).toEqual([]);
      expect(shownAsValue(canaries.filter(isWord), [...sinks, pagesOf(service)])).toEqual([]);
    } finally {
      await service.close();
    }
  });

  test('are found in every sink that words reach when nothing takes them out', { timeout: LONG_MS }, async () => {
    const service = await startService(env(), { scrubber: new BlindScrubber() });
    try {
      const canaries = awkwardPasswords().filter(({ word }, index) => word || index === 0);
      const said = SCENARIOS.filter(({ name }) => name.startsWith('said back'));
      const played = await playAll(
        service,
        canaries.flatMap((canary) => said.map((one) => [canary, one] as const)),
      );
      const sinks = await sinksOf(service, played);
      const hits = searchSecrets(canaries.flatMap(plantedOf), sinks);
      expect(shownAsValue(canaries.filter(isWord), [pagesOf(service)])).toEqual(['pages']);
      const places = new Set(hits.map(({ sink }) => sink.replace(/wr_\w+/, 'run')));
      expect([...places]).toEqual(
        expect.arrayContaining([
          'answers',
          'events of run',
          'data/artifacts/run/page.html',
          'data/keyturn.db!runs.site_message',
        ]),
      );
    } finally {
      await service.close();
    }
  });

  test('are found where one is planted in each of these sinks', { timeout: LONG_MS }, async () => {
    const service = await startService({ ...env(), KEYTURN_RECORD: 'trace' });
    try {
      const plant = (name: string) => ({ name, value: `Planted-${name}-7f3a9c"é`, kind: 'password' as const });
      const names = ['database', 'log', 'answer', 'event', 'artifact', 'packed', 'archive', 'prompt', 'file name'];
      const planted = names.map(plant);
      const of = (name: string) => plant(name).value;
      const [canary] = awkwardPasswords();
      const played = await playAll(service, [[canary as Canary, SCENARIOS[0] as Scenario]]);
      const run = played[0]?.run ?? '';
      const db = service.runtime.services.storage.database.asSystem('sweep');
      await db.run.updateMany({ where: { id: run }, data: { site_message: of('database') } });
      await db.runEvent.updateMany({ where: { run_id: run }, data: { data: { text: of('event') } } });
      service.runtime.services.log.trace(of('log'));
      await service.call('GET', `/v1/nothing/${encodeURIComponent(of('answer'))}`);
      service.answers().push(JSON.stringify({ detail: of('answer') }));
      model.received.push({ url: '/', headers: '', body: JSON.stringify({ content: JSON.stringify(of('prompt')) }) });
      const folder = path.join(service.dataDir, 'artifacts', run);
      writeFileSync(path.join(folder, 'page.html'), of('artifact').replaceAll('"', '&quot;'));
      writeFileSync(path.join(folder, 'log.gz'), gzipSync(encodeURIComponent(of('packed'))));
      const entries = { 'resources/a.json': strToU8(JSON.stringify({ text: of('archive') })) };
      writeFileSync(path.join(folder, 'trace.zip'), zipSync(entries));
      writeFileSync(path.join(folder, of('file name')), '');
      const hits = searchSecrets(planted, await sinksOf(service, played));
      expect([...new Set(hits.map(({ name }) => name))].sort()).toEqual([...names].sort());
    } finally {
      model.received.pop();
      await service.close();
    }
  });

  test('are in no picture of a page that says them back', { timeout: LONG_MS }, async () => {
    const browser = await chromium.launch({
      executablePath: inject('chromium'),
      args: ['--no-sandbox', '--disable-gpu'],
    });
    try {
      const page = await browser.newPage();
      const unmasked: Hit[] = [];
      for (const canary of awkwardPasswords().filter(({ word }) => !word)) {
        await page.goto(echo.url('/post'));
        await page.fill('[name=password]', canary.value);
        await page.click('button');
        await page.waitForSelector('[role=alert]');
        unmasked.push(...searchSecrets(plantedOf(canary), [{ name: 'page', text: await shownIn(page, []) }]));
        const shown = await shownIn(page, [canary.value]);
        expect(searchSecrets(plantedOf(canary), [{ name: 'picture', text: shown }]), canary.name).toEqual([]);
        expect(shown, `${canary.name}: the rest of the page`).toContain('Sign in');
      }
      expect(unmasked.length).toBeGreaterThan(40);
    } finally {
      await browser.close();
    }
  });

  test('are not printed by a service that crashes under a login', { timeout: LONG_MS }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'canary-'));
    const env = { LOG_LEVEL: 'trace', KEYTURN_RUN_TIMEOUT_SECONDS: '8' };
    const service = await startServiceProgram(folder, env);
    try {
      const canaries = awkwardPasswords()
        .filter(({ word }) => !word)
        .slice(0, 4);
      for (const [index, { value: password }] of canaries.entries()) {
        const username = `late-${index}@lindgrove.test`;
        practice.site.accounts.set({ username, password });
        const url = index === 0 ? practice.site.url('hostile-never-ends') : practice.site.url('slow');
        const { status, body } = await service.call('POST', '/v1/credentials/test-login', { url, username, password });
        expect(status).toBe(200);
        if (index > 0) continue;
        // Before the others begin: their time counts from then, too.
        const statusOf = async () => (await service.call('GET', `/v1/runs/${body.workflow_run_id}`)).body.status;
        await vi.waitFor(async () => expect(await statusOf()).toBe('timed_out'), 30_000);
      }
      await vi.waitFor(() => expect(practice.site.attempts('late-1@lindgrove.test').password).toBe(1), 30_000);
      service.program.signal('SIGABRT');
      await service.program.ended;
      const printed = { name: 'printed', text: service.program.output() };
      const left = { name: 'left', path: folder };
      expect(printed.text.length).toBeGreaterThan(500);
      expect(told(searchSecrets(canaries.flatMap(plantedOf), [printed, left]))).toEqual([]);
    } finally {
      await service.program.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
