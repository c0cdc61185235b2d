import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { strFromU8, unzipSync } from 'fflate';
import { chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type RawRecording, Recorder } from '../../src/browser/recorder.ts';
import { cleanRecording } from '../../src/recordings/clean-recording.ts';
import { type EchoSite, startEchoSite } from '../canary/echo-site.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type PlantedSecret, searchSecrets } from '../support/secret-search.ts';
import { type Service, startService } from '../support/service.ts';

let practice: Practice;
let echo: EchoSite;
beforeAll(async () => {
  [practice, echo] = await Promise.all([startPractice(), startEchoSite()]);
});
afterAll(() => Promise.all([practice.close(), echo.close()]));

async function artifact(service: Service, runId: string, name: string): Promise<Buffer | null> {
  const url = `${service.url}/v1/runs/${runId}/artifacts/${name}`;
  const response = await fetch(url, { headers: { 'x-api-key': service.key } });
  return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
}

async function run(service: Service, body: Record<string, unknown>) {
  const started = (await service.call('POST', '/v1/credentials/test-login', body)).body;
  const final = await service.finished(started);
  const { body: detail } = await service.call('GET', `/v1/runs/${final.workflow_run_id}`);
  return { final, names: detail.artifacts.map(({ name }: { name: string }) => name) as string[] };
}

const secret = (name: string, value: string, kind: PlantedSecret['kind'] = 'password') => ({ name, value, kind });

/** What opened the sessions of a run: the cookies that the practice site gave out. */
async function cookiesOf(service: Service): Promise<PlantedSecret[]> {
  const { body: profiles } = await service.call('GET', '/v1/browser_profiles');
  const states = await Promise.all(
    profiles.map(({ browser_profile_id: id }: { browser_profile_id: string }) =>
      service.call('POST', `/v1/browser_profiles/${id}/export`),
    ),
  );
  return states
    .flatMap(({ body }) => body.storage_state.cookies as { value: string }[])
    .filter(({ value }) => value.length >= 12)
    .map(({ value }) => secret('cookie', value));
}

describe('a recording', () => {
  const PASSWORD = 'Rec0rded&"ü/%secret';

  /** One context that sends the password to the echo site, which says it back. */
  async function recorded(kind: 'har' | 'trace'): Promise<RawRecording> {
    const browser = await chromium.launch({
      executablePath: inject('chromium'),
      args: ['--no-sandbox', '--disable-gpu'],
    });
    try {
      const context = await browser.newContext();
      const recorder = await Recorder.start(context, kind, tmpdir());
      const page = await context.newPage();
      await page.goto(echo.url('/post'));
      await page.fill('[name=password]', PASSWORD);
      await page.click('button');
      await page.waitForSelector('[role=alert]');
      return (await recorder.finish()) as RawRecording;
    } finally {
      await browser.close();
    }
  }

  test.each(['har', 'trace'] as const)(
    '%s: is full of the password, and has none of it when it is clean',
    async (kind) => {
      const raw = await recorded(kind);
      const hits = (bytes: Buffer) => searchSecrets([secret('password', PASSWORD)], [{ name: kind, bytes }]);
      expect(hits(raw.bytes)).not.toEqual([]);
      const clean = await cleanRecording(raw, [PASSWORD]);
      expect('bytes' in clean && hits(clean.bytes)).toEqual([]);
    },
  );

  const har = (text: string): RawRecording => ({
    kind: 'har',
    bytes: Buffer.from(
      JSON.stringify({
        log: {
          entries: [{ request: { url: 'https://a.test/' }, response: { content: { mimeType: 'text/html', text } } }],
        },
      }),
    ),
  });

  test.each([
    ['encoded in a way that is only found by looking again', har(`<p>${btoa(btoa('Recorded-secret-1'))}</p>`)],
    ['that is none', { kind: 'har', bytes: Buffer.from('Recorded-secret-1') } as const],
    ['of an archive that is none', { kind: 'trace', bytes: Buffer.from('Recorded-secret-1') } as const],
    ['that is too large', { kind: 'har', bytes: Buffer.alloc(33 * 1024 * 1024, 32) } as const],
  ])('%s is kept back, and the reason says nothing of it', async (_what, raw) => {
    const kept = await cleanRecording(raw, ['Recorded-secret-1']);
    expect(kept).toEqual({ withheld: expect.stringMatching(/^[A-Z][^"]*\.$/) });
    expect(JSON.stringify(kept)).not.toContain('Recorded');
  });

  test('loses what opens a session by its name, wherever else it stands', async () => {
    const token = 'tok-0123456789';
    const raw = {
      log: {
        entries: [
          {
            request: {
              url: `https://a.test/?x=${token}`,
              headers: [{ name: 'Cookie', value: 'sid=cookie-0123; theme=dark' }],
            },
            response: {
              headers: [{ name: 'set-cookie', value: 'sid=cookie-4567; Path=/' }],
              content: { mimeType: 'application/json', text: JSON.stringify({ access_token: token, name: 'Ada' }) },
            },
          },
        ],
      },
    };
    const clean = await cleanRecording({ kind: 'har', bytes: Buffer.from(JSON.stringify(raw)) }, []);
    const text = 'bytes' in clean ? clean.bytes.toString('utf8') : '';
    for (const gone of [token, 'cookie-0123', 'cookie-4567']) expect(text).not.toContain(gone);
    for (const kept of ['theme=dark', 'Path=/', 'Ada']) expect(text).toContain(kept);
  });
});

/** Says the password back as base64 of base64, which no list of forms has. */
async function startRiddle(): Promise<{ url: string; close(): Promise<void> }> {
  const form =
    '<form method="post"><input name="username"><input type="password" name="password"><button>Sign in</button></form>';
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const password = new URLSearchParams(body).get('password');
    const said = password === null ? '' : `<p role="alert">Invalid password</p><!-- ${btoa(btoa(password))} -->`;
    response.writeHead(200, { 'content-type': 'text/html' }).end(said + form);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('with KEYTURN_RECORD=har', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ KEYTURN_RECORD: 'har' });
  });
  afterAll(() => service.close());

  test('a login leaves its network log without what was sent, and without its session', async () => {
    const { ada, grace, site } = practice;
    const logins = [
      { url: site.url('classic'), username: ada.username, password: ada.password },
      { url: site.url('spa'), username: ada.username, password: ada.password },
      { url: site.url('basic'), username: ada.username, password: ada.password },
      { url: site.url('six-boxes'), username: grace.username, password: grace.password, totp: grace.totp },
    ];
    for (const login of logins) {
      const { final, names } = await run(service, login);
      expect(final.outcome).toBe('logged_in');
      const har = await artifact(service, final.workflow_run_id, names.find((name) => name.endsWith('.har')) ?? '');
      expect(har, `${login.url}: ${names}`).not.toBeNull();
      const { entries } = JSON.parse(String(har)).log;
      expect(entries.length).toBeGreaterThan(0);
      const known = [
        secret('password', login.password),
        secret('seed', grace.totp, 'seed'),
        ...[-30_000, 0, 30_000].map((ms) => secret('code', practice.code(Date.now() + ms), 'code')),
        ...(await cookiesOf(service)),
      ];
      expect(searchSecrets(known, [{ name: 'har', bytes: har as Buffer }])).toEqual([]);
      if (login.url.endsWith('classic')) {
        const post = entries.find(({ request }: { request: { method: string } }) => request.method === 'POST');
        expect(post.request.postData.text).toMatch(/^username=\[redacted\]&password=\[redacted\]/);
      }
    }
  });

  test('one that still holds a secret is kept back: the run says so, and nothing of it is left', async () => {
    const site = await startRiddle();
    try {
      const { final, names } = await run(service, { url: site.url, username: 'ada', password: 'Riddle-of-the-test' });
      expect(names).not.toContain('network.har');
      const { text } = await service.call('GET', `/v1/runs/${final.workflow_run_id}/events`);
      expect(text).toContain('event: recording');
      expect(text).toContain('"state":"withheld","name":"network.har"');
      const known = [secret('password', 'Riddle-of-the-test'), secret('riddle', btoa(btoa('Riddle-of-the-test')))];
      expect(
        searchSecrets(known, [
          { name: 'data', path: service.dataDir },
          { name: 'log', text: service.log() },
        ]),
      ).toEqual([]);
    } finally {
      await site.close();
    }
  });
});

test('without KEYTURN_RECORD nothing is recorded', async () => {
  const service = await startService();
  try {
    const { ada, site } = practice;
    const { names } = await run(service, { url: site.url('classic'), username: ada.username, password: ada.password });
    expect(names).toEqual(['final.png']);
  } finally {
    await service.close();
  }
});

describe('with KEYTURN_RECORD=trace', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ KEYTURN_RECORD: 'trace' });
  });
  afterAll(() => service.close());

  test('a login leaves a trace that can be opened, without secrets and pictures', async () => {
    const { ada, grace, site } = practice;
    const logins = [
      { url: site.url('classic'), username: ada.username, password: ada.password },
      { url: site.url('six-boxes'), username: grace.username, password: grace.password, totp: grace.totp },
      { url: echo.url('/post'), username: 'echo', password: `Echo-${practice.wrong}` },
    ];
    for (const login of logins) {
      const { final, names } = await run(service, login);
      const trace = await artifact(service, final.workflow_run_id, 'trace.zip');
      expect(trace, `${login.url}: ${names}`).not.toBeNull();
      const files = unzipSync(trace as Buffer);
      expect(Object.keys(files)).toEqual(expect.arrayContaining(['trace.trace', 'trace.network']));
      expect(Object.keys(files).filter((name) => /\.(png|jpe?g|webp)$/.test(name))).toEqual([]);
      const lines = strFromU8(files['trace.trace'] as Uint8Array)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines[0].type).toBe('context-options');
      expect(lines.some(({ type }) => type === 'frame-snapshot')).toBe(true);
      const known = [
        secret('password', login.password),
        secret('seed', grace.totp, 'seed'),
        ...[-30_000, 0, 30_000].map((ms) => secret('code', practice.code(Date.now() + ms), 'code')),
        ...(await cookiesOf(service)),
      ];
      expect(searchSecrets(known, [{ name: 'trace', bytes: trace as Buffer }])).toEqual([]);
    }
  });
});
