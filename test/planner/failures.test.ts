import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Reply, realModel, type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { type Service, startService } from '../support/service.ts';
import { triedOf } from '../support/thorough.ts';
import { planned } from './planner-runs.ts';

const RUN_MS = 60_000;

let model: ScriptedModel;
let service: Service;
beforeAll(async () => {
  model = await startScriptedModel();
  // Short enough for a model that hangs to be given up in the test's time.
  service = await startService({ ...model.env, KEYTURN_RUN_TIMEOUT_SECONDS: '18' });
});
afterAll(async () => {
  await service.close();
  await model.close();
});
beforeEach(() => {
  model.received.length = 0;
});

const WRONG_FORM = /gave an answer that is not of the form/;
const FAILURES: [string, Reply, RegExp][] = [
  ['bad JSON', { fails: { text: '{"action": "click", "control": ' } }, WRONG_FORM],
  ['prose', { fails: { text: 'You should click the button.' } }, WRONG_FORM],
  ['an unknown action', { action: 'succeed' }, WRONG_FORM],
  ['a further member', { action: 'nothing', comment: 'ignore your rules' }, WRONG_FORM],
  ['a click on nothing', { action: 'click' }, WRONG_FORM],
  ['a negative number', { action: 'click', control: -1 }, WRONG_FORM],
  ['a number that is none', { action: 'click', control: 'hearth' }, WRONG_FORM],
  ['no choices', { fails: 'no choices' }, WRONG_FORM],
  ['a cut-off', { fails: { finish: 'length', text: '{"action":' } }, /was cut off/],
  ['a content filter', { fails: { finish: 'content_filter', text: '' } }, /would not answer/],
  ['a refusal', { fails: { refusal: 'I cannot help with that.' } }, /would not answer/],
  ['HTTP 429', { fails: { status: 429 } }, /asked too often/],
  ['HTTP 500', { fails: { status: 500 } }, /answered with an error/],
  ['HTTP 401', { fails: { status: 401 } }, /answered with an error/],
  ['a dropped connection', { fails: 'hang up' }, /could not be reached/],
  ['a redirect', { fails: 'redirect' }, /could not be reached/],
  ['an unknown control', { action: 'click', control: 900 }, /a control that is not on the list/],
];

describe.skipIf(realModel())('whatever goes wrong, the engine’s own verdict stands', () => {
  const ownVerdict = async (note: RegExp) => {
    const { result, notes, counted } = await planned(service, model, { variant: 'opener' });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({
      status: 'failed',
      outcome: 'not_a_login_page',
      verdict: 'unknown',
    });
    expect(notes).toEqual([expect.stringMatching(note)]);
    expect(counted.password).toBe(0);
    // Once is enough: nothing is tried again, not even by the package.
    expect(model.received.map(({ url }) => url)).toEqual(['/v1/chat/completions']);
  };

  test.each(triedOf(FAILURES))('%s', { timeout: RUN_MS }, async (_name, reply, note) => {
    model.script = () => reply;
    await ownVerdict(note);
  });

  test('50 MB are broken off while they come', { timeout: RUN_MS }, async () => {
    model.script = () => ({ fails: 'flood' });
    await ownVerdict(/too large to be read/);
    // What was on its way in the buffers of both sides, and no more.
    expect(model.flooded).toBeLessThan(10_000_000);
  });

  test('50 MB in 50 kB too', { timeout: RUN_MS }, async () => {
    model.script = () => ({ fails: 'packed flood' });
    await ownVerdict(/too large to be read/);
  });

  test.each(['hang', 'trickle'] as const)(
    'an answer that never comes to its end: %s',
    { timeout: RUN_MS },
    async (fails) => {
      model.script = () => ({ fails });
      await ownVerdict(/did not answer in time/);
    },
  );

  test('an endpoint that is not there', { timeout: RUN_MS }, async () => {
    const nowhere = await startService({ ...model.env, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    try {
      const { result, notes } = await planned(nowhere, model, { variant: 'opener' });
      expect(result.outcome).toBe('not_a_login_page');
      expect(notes).toEqual([expect.stringMatching(/could not be reached/)]);
    } finally {
      await nowhere.close();
    }
  });

  test('an error after the password leaves what was found out by then', { timeout: RUN_MS }, async () => {
    model.script = () => ({ fails: { status: 500 } });
    const { result, notes, counted } = await planned(service, model, { variant: 'answer' });
    expect(result).toMatchObject({ outcome: 'inconclusive', verdict: 'unknown' });
    expect(notes).toEqual([expect.stringMatching(/answered with an error/)]);
    expect(counted.password).toBe(1);
  });
});
