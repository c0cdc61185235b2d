import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { SCOPES } from '../../src/http/scopes.ts';
import { describeOnEachDatabase } from '../support/test-database.ts';
import { type ApiDocument, type Operation, operationsOf, wrongInAny } from './api-document.ts';
import { type Generated, requestsFor } from './generated-requests.ts';
import { type HttpAnswer, HttpSender } from './http-sender.ts';
import { type Ids, type Organization, startTwoOrganizations, type TwoOrganizations } from './two-organizations.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many requests are made, of both databases together, and where the generator begins. */
    fuzz: { requests: number; seed: number };
  }
}

/** These read everything an organization ever did, and that grows with every request. */
const RARE = ['GET /v1/audit/export', 'GET /v1/audit/verify', 'GET /v1/runs/{id}/events'];
const AT_ONCE = 4;

/** Which ids an answer tells, by its members. */
const TOLD: [member: string, kind: keyof Ids][] = [
  ['credential_id', 'credential'],
  ['workflow_run_id', 'run'],
  ['browser_profile_id', 'profile'],
  ['api_key_id', 'apiKey'],
  ['signing_secret_id', 'signingSecret'],
  ['sms_webhook_id', 'smsWebhook'],
];
/** Ids that are asked for at a time; older ones are forgotten. */
const MAX_IDS = 12;

/** Remembers what was made, since other requests delete it. */
function learn({ ids, furnished }: Organization, { body }: HttpAnswer): void {
  const made = JSON.parse(body.toString('utf8'));
  for (const [member, kind] of TOLD) {
    const id = made[member];
    if (typeof id !== 'string' || ids[kind].includes(id)) continue;
    ids[kind].push(id);
    if (ids[kind].length > MAX_IDS) ids[kind].splice(furnished[kind].length, 1);
  }
}

/** Asks callers from this machine, as we are, for no key. */
const OPEN_TO_LOOPBACK = '/metrics';

/** What is wrong with the answer to a request of this kind. */
function wrong({ operation, kind, request }: Generated, answer: HttpAnswer): string[] {
  const problems = [...wrongInAny(answer)];
  // What never got as far as its operation is answered by the error form alone.
  const reached = answer.status !== 404 || operation.path.includes('{');
  const another = request.headers['content-type'] === undefined && request.body !== undefined;
  if (reached && !another) problems.push(...operation.check(answer));
  const { status } = answer;
  const keyed = operation.path !== OPEN_TO_LOOPBACK;
  if (keyed && (kind === 'no key' || kind === 'wrong key') && status !== 401) problems.push(`${status} without a key`);
  if (keyed && kind === 'no scope' && status !== 403) problems.push(`${status} without the scope`);
  if (kind === 'foreign' && status !== 404 && status !== 400)
    problems.push(`${status} with the id of another organization`);
  if (kind === 'foreign' && operation.body === null && status !== 404)
    problems.push(`${status} with the id of another`);
  return problems;
}

function shown({ operation, kind, request }: Generated): string {
  const { target, headers, body } = request;
  return `${operation.id} (${kind}): ${target.slice(0, 300)} ${JSON.stringify(headers)} ${body?.toString('utf8').slice(0, 600) ?? ''}`;
}

describeOnEachDatabase('requests from our own document', (databases) => {
  const { requests, seed } = inject('fuzz');
  let world: TwoOrganizations;
  let operations: Operation[];
  let sender: HttpSender;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    world = await startTwoOrganizations(databases);
    sender = new HttpSender(world.service.url);
    const { body } = await world.service.call('GET', '/openapi.json');
    operations = operationsOf(body as ApiDocument);
    for (const scope of SCOPES) {
      const scopes = SCOPES.filter((other) => other !== scope && other !== 'admin');
      const made = await world.mine.call('POST', '/v1/api_keys', { name: `all but ${scope}`, scopes });
      keys.set(scope, made.body.api_key);
    }
  }, 300_000);
  afterAll(async () => {
    sender?.close();
    await world?.close();
  }, 120_000);

  test('are answered as it says, none of them by a fault', { timeout: 3_600_000 }, async () => {
    const problems = new Map<string, string[]>();
    const answered = new Map<string, number>();
    const statuses = new Map<number, number>();
    let sent = 0;
    const rounds = Math.ceil(requests / 2 / 300);
    for (let round = 0; round < rounds; round += 1) {
      // Anew each round: there is more to ask for each time.
      const arbitraries = operations.map((operation) => ({
        weight: RARE.includes(operation.id) ? 1 : 20,
        arbitrary: requestsFor(operation, world, { without: (scope) => keys.get(scope) ?? '' }),
      }));
      const count = Math.min(300, Math.ceil(requests / 2) - sent);
      const batch = fc.sample(fc.oneof(...arbitraries), { numRuns: count, seed: seed + round });
      const send = async (): Promise<void> => {
        for (let next = batch.pop(); next; next = batch.pop()) {
          const answer = await sender.send(next.request);
          sent += 1;
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          if (answer.status === 201 || /test(-login)?$/.test(next.operation.path)) learn(world.mine, answer);
          if (answer.status < 300) answered.set(next.operation.id, (answered.get(next.operation.id) ?? 0) + 1);
          for (const problem of wrong(next, answer)) {
            const name = `${next.operation.id} ${problem}`.slice(0, 160);
            problems.set(name, [
              ...(problems.get(name) ?? []),
              `${shown(next)}\n    ${answer.status} ${answer.body.toString('utf8').slice(0, 300)}`,
            ]);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, send));
      if (round % 5 === 4) console.info(`${databases.dialect}: ${sent} requests so far, problems: ${problems.size}`);
    }
    const told = [...problems].map(([name, cases]) => `${name}\n  ${cases.length} times, such as ${cases[0]}`);
    const counts = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
    console.info(
      `${databases.dialect}: ${sent} requests with seed ${seed}; ${counts.join(', ')}; problems: ${told.length}`,
    );
    const never = operations.map(({ id }) => id).filter((id) => !answered.has(id));
    console.info(`${databases.dialect}: ${never.length} operations never succeeded: ${never.join(', ')}`);
    expect(told.join('\n')).toBe('');
    expect(sent).toBe(Math.ceil(requests / 2));
    expect(answered.size).toBeGreaterThan(operations.length / 2);
  });
});
