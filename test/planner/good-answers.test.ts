import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPractice } from '../support/practice.ts';
import {
  type Reply,
  realModel,
  type ScriptedModel,
  type SeenQuestion,
  startScriptedModel,
} from '../support/scripted-model.ts';
import { type Service, startService } from '../support/service.ts';
import { isTried } from '../support/thorough.ts';
import { planned } from './planner-runs.ts';

const RUN_MS = 120_000;

let model: ScriptedModel;
let service: Service;
let alone: Service;
beforeAll(async () => {
  model = await startScriptedModel();
  [service, alone] = await Promise.all([startService(model.env), startService()]);
});
afterAll(async () => {
  await Promise.all([service.close(), alone.close()]);
  await model.close();
});
beforeEach(() => {
  model.received.length = 0;
});

interface Page {
  variant: string;
  /** How the engine ends by itself. */
  alone: { outcome: string; password: number };
  script: (question: SeenQuestion) => Reply;
  /** In the note of the evidence. */
  note: RegExp;
}

const PAGES: Page[] = [
  {
    variant: 'opener',
    alone: { outcome: 'not_a_login_page', password: 0 },
    script: ({ control }) => ({ action: 'click', control: control('Come to the hearth') }),
    note: /"Come to the hearth" was clicked/,
  },
  {
    variant: 'sender',
    alone: { outcome: 'inconclusive', password: 0 },
    script: ({ control }) => ({ action: 'click', control: control('Light the lantern') }),
    note: /"Light the lantern" sends the form/,
  },
  {
    variant: 'name',
    alone: { outcome: 'not_a_login_page', password: 0 },
    script: ({ control }) => ({ action: 'fill', username: control('Your burrow'), submit: control('Hop in') }),
    note: /says where the username goes/,
  },
  {
    variant: 'fields',
    alone: { outcome: 'not_a_login_page', password: 0 },
    script: ({ control }) => ({
      action: 'fill',
      username: control('Your burrow'),
      password: control('Your acorn'),
      submit: control('Hop in'),
    }),
    note: /says where the username and the password goes/,
  },
];

describe.each(PAGES)('$variant', (page) => {
  test('the engine alone gives up', { timeout: RUN_MS }, async () => {
    const { result, notes, counted } = await planned(alone, null, page);
    expect(result).toMatchObject({ outcome: page.alone.outcome, verdict: 'unknown' });
    expect(counted.password).toBe(page.alone.password);
    expect(notes).toEqual([]);
  });

  test('with a good answer it logs in, and the proof is the engine’s own', { timeout: RUN_MS }, async () => {
    model.script = page.script;
    const { result, notes, counted } = await planned(service, model, page);
    expect(result, JSON.stringify([result.failure_reason, result.evidence])).toMatchObject({
      outcome: 'logged_in',
      verdict: 'passed',
      password_proven: true,
    });
    expect(counted.password).toBe(1);
    expect(model.received.length).toBeGreaterThan(0);
    const signals = result.evidence.map(({ signal }: { signal: string }) => signal);
    const proofs = ['log_out_control', 'account_menu', 'welcome', 'username_shown', 'login_only_without_session'];
    expect(signals.some((signal: string) => proofs.includes(signal))).toBe(true);
    if (!realModel()) expect(notes.join('\n')).toMatch(page.note);
  });

  if (!isTried(PAGES.indexOf(page))) return;
  test('a wrong password is refused as ever', { timeout: RUN_MS }, async () => {
    model.script = page.script;
    const { result, counted } = await planned(service, model, { ...page, correct: false });
    expect(result).toMatchObject({ outcome: 'wrong_credentials', verdict: 'failed' });
    expect(counted.password).toBe(1);
  });
});

describe('an answer of the site in words of its own', () => {
  const words = 'The door stays shut';
  const script = ({ line }: SeenQuestion): Reply =>
    line(words) >= 0 ? { action: 'refused', outcome: 'wrong_credentials', line: line(words) } : { action: 'nothing' };

  test('the engine alone cannot tell', { timeout: RUN_MS }, async () => {
    const { result } = await planned(alone, null, { variant: 'answer', correct: false });
    expect(result).toMatchObject({ outcome: 'inconclusive', site_message: null });
  });

  test('a refusal is explained by a line that is there', { timeout: RUN_MS }, async () => {
    model.script = script;
    const { result } = await planned(service, model, { variant: 'answer', correct: false });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      outcome: 'wrong_credentials',
      verdict: 'failed',
      site_message: expect.stringContaining(words),
      outcome_details: { explained_by: 'planner' },
    });
    // The page said the password back in five forms and in labels; the search in `planned` found none of them.
    if (!realModel()) expect(model.received.at(-1)?.body).toContain('You said {{password}}');
  });

  test('on a model’s word nothing is as expected, and no secret is held to be refused', {
    timeout: RUN_MS,
  }, async () => {
    model.script = script;
    const run = { variant: 'answer', correct: false, expect: 'wrong_credentials' };
    const { result } = await planned(service, model, run);
    expect(result).toMatchObject({ outcome: 'wrong_credentials', verdict: 'unknown' });
  });

  test('a success that cannot be proven stays unproven', { timeout: RUN_MS }, async () => {
    model.script = script;
    const { result, counted } = await planned(service, model, { variant: 'answer' });
    expect(result.outcome).toBe('inconclusive');
    expect(counted.password).toBe(1);
  });
});

test.skipIf(realModel())('the model gets names and words, as data', { timeout: RUN_MS }, async () => {
  model.script = () => ({ action: 'nothing' });
  await planned(service, model, { variant: 'opener' });
  const { body, headers, url } = model.received[0] ?? { body: '', headers: '', url: '' };
  expect(url).toBe('/v1/chat/completions');
  expect(headers).toContain(`Bearer ${model.apiKey}`);
  expect(body).not.toMatch(/<(?:form|input|div|button)/i);
  const { messages, response_format } = JSON.parse(body);
  expect(response_format).toMatchObject({ type: 'json_schema', json_schema: { strict: true } });
  const [rules, question, page] = messages.map(({ content }: { content: string }) => content);
  // What the page says stands in the last message alone, as JSON.
  expect(`${rules}${question}`).not.toContain('hearth');
  expect(
    JSON.parse(page)
      .controls.map(({ words }: { words: string }) => words)
      .join(),
  ).toContain('hearth');
});

test('a page the engine is sure of costs no question', { timeout: RUN_MS }, async () => {
  model.script = () => ({ action: 'nothing' });
  const practice = await startPractice();
  try {
    for (const correct of [true, false]) {
      const started = await service.call('POST', '/v1/credentials/test-login', {
        url: practice.site.url('classic'),
        username: practice.ada.username,
        password: correct ? practice.ada.password : practice.wrong,
      });
      await service.finished(started.body);
    }
    expect(model.received).toEqual([]);
  } finally {
    await practice.close();
  }
});
