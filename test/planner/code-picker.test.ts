import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Reply, type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { type Service, startService } from '../support/service.ts';

/** Two numbers of which nothing says what they are. */
const UNCERTAIN = 'Dear customer, 482913 and 775120 were noted for you today. Kind regards, the desk at the harbour.';

let service: Service;
let model: ScriptedModel;
beforeAll(async () => {
  model = await startScriptedModel();
  service = await startService(model.env);
});
afterAll(async () => {
  await service.close();
  await model.close();
});

const push = async (reply: Reply, content = UNCERTAIN) => {
  model.script = () => reply;
  const { status, body } = await service.call('POST', '/v1/totp', { totp_identifier: 'x@lindgrove.test', content });
  return [status, body.code] as const;
};

test('where no candidate is certain the model chooses one of them', async () => {
  const asked = model.received.length;
  expect(await push({ fails: { text: '{"number":1}' } })).toEqual([200, '775120']);
  expect(model.received.length).toBe(asked + 1);
  const { messages } = JSON.parse(model.received.at(-1)?.body ?? '');
  expect(JSON.parse(messages.at(-1).content).candidates).toEqual([
    { number: 0, kind: 'totp', value: '482913' },
    { number: 1, kind: 'totp', value: '775120' },
  ]);
});

test.each<[string, Reply]>([
  ['none of them', { fails: { text: '{"number":null}' } }],
  ['a number that is not on the list', { fails: { text: '{"number":7}' } }],
  ['a code of its own', { fails: { text: '{"number":111111}' } }],
  ['bad JSON', { fails: { text: '{"number":' } }],
  ['an answer that is cut off', { fails: { finish: 'length', text: '{"number":1' } }],
  ['a refusal', { fails: { refusal: 'no' } }],
  ['429', { fails: { status: 429 } }],
  ['500', { fails: { status: 500 } }],
  ['50 MB', { fails: 'flood' }],
])('%s is no code', async (_what, reply) => {
  expect(await push(reply)).toEqual([400, 'code_not_found']);
});

test('it is not asked where the message is clear, or holds no candidate', async () => {
  const asked = model.received.length;
  expect(await push({ fails: { text: '{"number":0}' } }, 'Your sign-in code is 402816.')).toEqual([200, '402816']);
  const nothing = 'Thank you for your visit, we hope to see you again before long.';
  expect(await push({ fails: { text: '{"number":0}' } }, nothing)).toEqual([400, 'code_not_found']);
  expect(model.received.length).toBe(asked);
});
