import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { PlanRequestMessage } from '../../src/execution/plan-message.ts';
import { createLogger } from '../../src/log.ts';
import { createPlanner, type PlannerBudget, type RunPlanner } from '../../src/planner/planner.ts';
import { withoutSecrets } from '../../src/planner/without-secrets.ts';
import { Scrubber } from '../../src/scrub.ts';
import { randomPassword } from '../support/practice.ts';
import { realModel, type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { searchSecrets } from '../support/secret-search.ts';

const REQUEST: PlanRequestMessage = {
  question: 'find_login',
  controls: [{ kind: 'button', type: '', words: 'Onward', form: null }],
  lines: [{ text: 'Welcome', new: false }],
  within_ms: 60_000,
};
const PLENTY: PlannerBudget = { calls: 10, tokens: 1_000_000, seconds: 60 };
const never = new AbortController().signal;

let model: ScriptedModel;
let log: string;
beforeEach(async () => {
  model = await startScriptedModel();
  log = '';
});
afterEach(() => model.close());

function planner(budget: Partial<PlannerBudget> = {}): RunPlanner {
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk);
      done();
    },
  });
  const logger = createLogger({ level: 'trace', scrubber: new Scrubber(), destination });
  const found = createPlanner(loadConfig(model.env), logger, { ...PLENTY, ...budget });
  if (!found) throw new Error('The planner is off');
  return found.forRun('wr_1');
}

describe.skipIf(realModel())('the budget of a run', () => {
  test('so many calls', async () => {
    const run = planner({ calls: 2 });
    const answers = [await run.ask(REQUEST, never), await run.ask(REQUEST, never), await run.ask(REQUEST, never)];
    expect(answers).toEqual([{ plan: { action: 'nothing' } }, { plan: { action: 'nothing' } }, { declined: 'budget' }]);
    expect(model.received).toHaveLength(2);
  });

  test('another run has a budget of its own', async () => {
    expect(await planner({ calls: 1 }).ask(REQUEST, never)).toHaveProperty('plan');
    expect(await planner({ calls: 1 }).ask(REQUEST, never)).toHaveProperty('plan');
  });

  test('so many tokens: no question is asked whose answer might not fit', async () => {
    // Each answer is counted with the 450 tokens that the endpoint says it took.
    const run = planner({ tokens: 5_000 });
    const answers: string[] = [];
    for (let call = 0; call < 4; call += 1) answers.push(JSON.stringify(await run.ask(REQUEST, never)));
    expect(answers.at(-1)).toBe('{"declined":"budget"}');
    expect(model.received.length).toBeLessThan(4);
    expect(model.received.length).toBeGreaterThan(0);
  });

  test('a long page is not sent at all when it would cost too much', async () => {
    const lines = Array.from({ length: 120 }, () => ({ text: 'w'.repeat(200), new: false }));
    expect(await planner({ tokens: 10_000 }).ask({ ...REQUEST, lines }, never)).toEqual({ declined: 'budget' });
    expect(model.received).toEqual([]);
  });

  test('so many seconds, over all calls', async () => {
    model.script = () => ({ fails: 'hang' });
    const run = planner({ seconds: 1.5 });
    const started = performance.now();
    expect(await run.ask(REQUEST, never)).toEqual({ declined: 'slow' });
    expect(await run.ask(REQUEST, never)).toEqual({ declined: 'budget' });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(model.received).toHaveLength(1);
  });

  test('no longer than the run itself has', async () => {
    model.script = () => ({ fails: 'trickle' });
    const started = performance.now();
    expect(await planner().ask({ ...REQUEST, within_ms: 1_200 }, never)).toEqual({ declined: 'slow' });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await planner().ask({ ...REQUEST, within_ms: 500 }, never)).toEqual({ declined: 'budget' });
  });

  test('a run that is stopped stops its question', async () => {
    const stop = new AbortController();
    model.script = () => {
      stop.abort('canceled');
      return { fails: 'hang' };
    };
    expect(await planner().ask(REQUEST, stop.signal)).toHaveProperty('declined');
  });
});

test.skipIf(realModel())('the key is in no line of the log, whatever the endpoint says about it', async () => {
  model.script = () => ({ fails: { status: 401 } });
  expect(await planner().ask(REQUEST, never)).toEqual({ declined: 'failed' });
  expect(log).toContain('the language model was no help');
  // This logger knows no secret: nothing was there to be scrubbed.
  expect(log).not.toContain(model.apiKey);
});

test('is on only where it is wanted', () => {
  expect(loadConfig({}).llm).toBe('off');
  expect(loadConfig({ OPENAI_API_KEY: 'k', KEYTURN_LLM: 'off' }).llm).toBe('off');
  expect(loadConfig({ OPENAI_API_KEY: 'k' }).llm).toBe('fallback');
  expect(() => loadConfig({ KEYTURN_LLM: 'fallback' })).toThrow(/OPENAI_API_KEY/);
});

test('values are named in every form they may be written in', () => {
  const password = randomPassword();
  const username = 'ada@lindgrove.test';
  const bytes = Buffer.from(password);
  const forms = [password, encodeURIComponent(password), bytes.toString('base64'), bytes.toString('hex')];
  const request: PlanRequestMessage = {
    ...REQUEST,
    controls: [{ kind: 'field', type: 'text', words: `Not ${username}? | ${JSON.stringify(password)}`, form: 0 }],
    lines: forms.map((form) => ({ text: `You said ${form}.`, new: true })),
  };
  const values = [
    { name: '{{username}}', value: username } as const,
    { name: '{{password}}', value: password } as const,
  ];
  const clean = withoutSecrets(request, values, (text) => text.replaceAll('123456', '[redacted]'));
  expect(clean.lines.map(({ text }) => text)).toEqual(forms.map(() => 'You said {{password}}.'));
  expect(clean.controls[0]?.words).toBe('Not {{username}}? | "{{password}}"');
  const secrets = [{ name: 'password', value: password, kind: 'password' as const }];
  expect(searchSecrets(secrets, [{ name: 'request', text: JSON.stringify(clean) }])).toEqual([]);
});
