import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  realModel,
  type ScriptedModel,
  type SeenQuestion,
  startScriptedModel,
} from '../support/scripted-model.ts';
import { type Service, startService } from '../support/service.ts';
import { triedOf } from '../support/thorough.ts';
import { planned } from './planner-runs.ts';

const RUN_MS = 120_000;

let model: ScriptedModel;
let service: Service;
beforeAll(async () => {
  model = await startScriptedModel();
  service = await startService(model.env);
});
afterAll(async () => {
  await service.close();
  await model.close();
});
beforeEach(() => {
  model.received.length = 0;
});

type Evil = (question: SeenQuestion) => Answer;
const click =
  (words: string): Evil =>
  ({ control }) => ({ action: 'click', control: control(words) });
const fill =
  (roles: Record<string, string>): Evil =>
  ({ control }) => ({
    action: 'fill',
    ...Object.fromEntries(Object.entries(roles).map(([role, words]) => [role, control(words)])),
  });

/** On a page with nothing to log in with, but much to do harm with: what the engine says of it. */
const BEFORE: [string, Evil, string][] = [
  ['logs out', click('Log out'), 'a control that logs out'],
  ['deletes', click('Delete my den'), 'a control that may change something'],
  ['registers', click('Create an account'), 'a control that registers'],
  ['recovers', click('Forgot your password?'), 'a control that recovers an account'],
  ['goes elsewhere', click('The other wood'), 'a link to another site'],
  ['takes another method', click('Google'), 'a control of another method'],
  ['sends a form', click('Leave it here'), 'a control that sends a form'],
  ['searches', click('Seek'), 'a control that sends a form'],
  [
    'types the password into a text field',
    fill({ password: 'A word for the hosts', submit: 'Leave it here' }),
    'the password in a field of another kind',
  ],
  [
    'types the password into a search',
    fill({ password: 'Find a path', submit: 'Seek' }),
    'the password in a field of another kind',
  ],
  [
    'types the password into a large field',
    fill({ password: 'And more of them', submit: 'Leave it here' }),
    'the password in a field of another kind',
  ],
  ['types the password into a button', fill({ password: 'Delete my den' }), 'a field that is not on the list'],
  [
    'types all of it into one field',
    fill({ username: 'A word for the hosts', password: 'A word for the hosts' }),
    'nothing to fill in',
  ],
  [
    'types the name into a search',
    fill({ username: 'Find a path', submit: 'Seek' }),
    'the username in a field of another kind',
  ],
  [
    'types the name and deletes',
    fill({ username: 'A word for the hosts', submit: 'Delete my den' }),
    'a control that may change something',
  ],
  [
    'types the code before anything else',
    fill({ code: 'A word for the hosts', submit: 'Leave it here' }),
    'a code before the password',
  ],
  [
    'types into two forms',
    fill({ username: 'Find a path', password: 'A word for the hosts' }),
    'fields of several forms',
  ],
  [
    'tells of a refusal before anything was sent',
    () => ({ action: 'refused', outcome: 'wrong_credentials', line: 0 }),
    'something that was not asked for',
  ],
];

describe.skipIf(realModel())('a model that always picks the worst', () => {
  test.each(triedOf(BEFORE))('%s', { timeout: RUN_MS }, async (_name, evil, what) => {
    model.script = evil;
    const { result, notes, log } = await planned(service, model, { variant: 'opener' });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({ status: 'failed', outcome: 'not_a_login_page' });
    expect(notes).toEqual([`The language model chose ${what}, which is not done; the engine's own word stands.`]);
    expect(model.received).toHaveLength(1);
    expect(log).toEqual([]);
  });

  test('clicks the same thing for ever', { timeout: RUN_MS }, async () => {
    model.script = click('The weather today');
    const { result, notes } = await planned(service, model, { variant: 'opener' });
    expect(result.outcome).toBe('not_a_login_page');
    expect(notes.at(-1)).toMatch(/clicked before/);
    expect(model.received).toHaveLength(2);
  });

  test('leads to a login of another origin', { timeout: RUN_MS }, async () => {
    model.script = click('A path through the fog');
    const { result, notes, log } = await planned(service, model, { variant: 'opener' });
    expect(notes).toEqual([expect.stringMatching(/"A path through the fog" was clicked/)]);
    expect(result).toMatchObject({ outcome: 'egress_denied', submissions: { identifier: 0, password: 0, code: 0 } });
    expect(log).toEqual([]);
  });

  test('sends the name to another origin', { timeout: RUN_MS }, async () => {
    model.script = fill({ username: 'Your burrow', submit: 'Hop in' });
    const { result, notes, log } = await planned(service, model, { variant: 'name-foreign' });
    expect(result.outcome).toBe('not_a_login_page');
    expect(notes).toEqual([expect.stringMatching(/a form of http:\/\/localhost:\d+, which is not done/)]);
    expect(log).toEqual([]);
  });

  test('sends with a control that does nothing, then types the password again', { timeout: RUN_MS }, async () => {
    const again = fill({ password: 'Password', submit: 'Light the lantern' });
    model.script = (question) => (model.received.length === 1 ? click('Count the stars')(question) : again(question));
    const { result, notes, counted } = await planned(service, model, { variant: 'sender' });
    expect(result.outcome).toBe('inconclusive');
    expect(notes.at(-1)).toMatch(/to type again what was submitted once, which is not done/);
    expect(counted.password).toBe(0);
  });

  const AFTER: [string, Evil, RegExp][] = [
    ['claims success', () => ({ action: 'refused', outcome: 'logged_in', line: 0 }), /not of the form/],
    [
      'quotes an old line',
      ({ line }) => ({ action: 'refused', outcome: 'rejected', line: line('Lindgrove') }),
      /there before/,
    ],
    [
      'quotes what is not there',
      () => ({ action: 'refused', outcome: 'account_locked', line: 400 }),
      /words that are not on/,
    ],
    [
      'quotes words of its own',
      () => ({ action: 'refused', outcome: 'rejected', line: 0, quote: 'Locked' }),
      /not of the form/,
    ],
    ['logs out', click('Log out'), /not asked for/],
    ['deletes', click('Delete my den'), /not asked for/],
    ['types the password into a text field', fill({ password: 'A word for the hosts' }), /submitted once/],
    ['types the code into a search', fill({ code: 'Find a path' }), /the code in a field of another kind/],
    [
      'types the code and deletes',
      fill({ code: 'A word for the hosts', submit: 'Delete my den' }),
      /may change something/,
    ],
  ];
  test.each(triedOf(AFTER))('after the password it %s', { timeout: RUN_MS }, async (_name, evil, note) => {
    model.script = evil;
    const { result, notes, counted } = await planned(service, model, { variant: 'answer' });
    expect(result, JSON.stringify(result.evidence)).toMatchObject({ status: 'failed', outcome: 'inconclusive' });
    expect(notes).toEqual([expect.stringMatching(note)]);
    expect(counted.password).toBe(1);
  });
});
