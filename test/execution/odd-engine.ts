import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright';
import type { Engine } from '../../src/execution/run-job.ts';
import type { LoginOutcome } from '../../src/login/outcome.ts';
import type { LoginPorts, LoginTask } from '../../src/login/ports.ts';

export class OddTimeLimit extends Error {}

function outcome(code: LoginOutcome['code'], details: Record<string, unknown> = {}): LoginOutcome {
  return {
    code,
    details,
    site_message: null,
    evidence: [],
    rule: null,
    password_proven: false,
    submissions: { identifier: 0, password: 0, code: 0 },
    steps: 0,
    stage: null,
    landing_url: null,
    origins: [],
    session: null,
    session_failure: null,
    judged_at: Date.now(),
    timings: {},
  };
}

type Phase = (page: Page, task: LoginTask, ports: LoginPorts) => Promise<LoginOutcome>;

/**
 * What a login engine can be doing at its worst, on a real page: the phase is the URL's fragment. It never looks at
 * the abort signal, so only the executor can stop it.
 */
const PHASES: Record<string, Phase> = {
  title: async (page, _task, ports) =>
    outcome('logged_in', { title: await page.title(), options: ports.contextOptions() }),
  goto: async () => outcome('logged_in'),
  loop: async (page) => {
    await page.evaluate(() => {
      for (;;);
    });
    return outcome('logged_in');
  },
  screenshot: async (page) => {
    for (;;) await page.screenshot();
  },
  contexts: async (_page, _task, ports) => {
    for (;;) await ports.openContext({});
  },
  storage: async (page, _task, ports) => {
    for (;;) await ports.captureSession(page.context());
  },
  deaf: async () => {
    await new Promise(() => undefined);
    return outcome('logged_in');
  },
  stuck: async () => {
    for (;;);
  },
  code: async (_page, _task, ports) =>
    outcome('logged_in', {
      answer: await ports.needCode({ kind: 'code', since: Date.now(), recovery: false, clock_offset_ms: null }),
    }),
  secrets: async (_page, _task, ports) => {
    const permission = await ports.maySubmit('password', 'http://127.0.0.1');
    const secret = await ports.needCredential();
    ports.event({ event: 'stage', data: { stage: 'password' } });
    ports.artifact('a.png', new Uint8Array([1, 2, 3]));
    return outcome('wrong_credentials', { permission, length: secret.password.length });
  },
  throws: async () => {
    throw new Error('words of the site');
  },
  'late-throw': async () => {
    void delay(1).then(() => {
      throw new Error('nobody listens');
    });
    await delay(50);
    return outcome('logged_in');
  },
  limit: async () => {
    throw new OddTimeLimit();
  },
  'crash-page': async (page) => {
    await page.goto('chrome://crash').catch(() => undefined);
    await page.title();
    return outcome('inconclusive');
  },
  'crash-browser': async (page) => {
    const session = await page.context().browser()?.newBrowserCDPSession();
    await session?.send('Browser.crash').catch(() => undefined);
    return outcome('inconclusive');
  },
  wait: async (page, _task, ports) => {
    await ports.needCode({ kind: 'code', since: Date.now(), recovery: false, clock_offset_ms: null });
    return outcome('logged_in', { title: await page.title() });
  },
  'crash-outside': async (page, _task, ports) => {
    await ports.awaitOutside({ kind: 'approval', number: null }, async () => {
      await ports.maySubmit('identifier', 'http://127.0.0.1');
      await page.goto('chrome://crash');
    });
    return outcome('inconclusive');
  },
  busy: async (page, _task, ports) => {
    ports.event({ event: 'step', data: { began: true } });
    await ports.maySubmit('identifier', 'http://127.0.0.1');
    return outcome('logged_in', { title: await page.title() });
  },
  denied: async (_page, _task, ports) => outcome('egress_denied', { denied: ports.deniedNavigation() }),
};

export const oddEngine: Engine = {
  TimeLimit: OddTimeLimit,
  run: async (page, task, ports) => {
    const phase = PHASES[new URL(task.url).hash.slice(1)] ?? PHASES.title;
    if (!phase) throw new Error('no such phase');
    await page.goto(task.url).catch(() => undefined);
    return phase(page, task, ports);
  },
};
