import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OUTCOME_STATUS } from '../../src/login/outcome.ts';
import { VARIANTS } from '../../src/practice/variants.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { isTried } from '../support/thorough.ts';
import { DOORS, type Door, type Expected } from './login-outcome-table.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ KEYTURN_RUNS_PER_WORKER: '3' });
});
afterAll(() => service.close());

interface Visit {
  door: Door;
  correct: boolean;
  swapped: boolean;
  /** Whether the session is to be kept, and tried. */
  keeps: boolean;
}

/** One run at one door of a site of its own, and what the site counted. */
async function visit(asked: Visit) {
  const practice = await startPractice({ swapped: asked.swapped });
  try {
    return { practice, ...(await run(practice, asked)) };
  } finally {
    await practice.close();
  }
}

async function run({ site, ada, grace, wrong }: Practice, { door, correct, keeps }: Visit) {
  const account = door.codes ? grace : ada;
  const started = await service.call('POST', '/v1/credentials/test-login', {
    url: site.url(door.variant),
    ...(door.nameless ? {} : { username: account.username }),
    password: correct ? account.password : wrong,
    ...(door.codes ? { totp: grace.totp } : {}),
    ...(door.extra ? { extra_fields: door.extra } : {}),
    save_browser_profile: keeps,
  });
  expect(started.status).toBe(200);
  const result = await service.finished(started.body);
  return { result, counted: site.attempts(account.username), started: started.body };
}

function holds(result: Awaited<ReturnType<typeof visit>>['result'], expected: Expected, keeps: boolean): void {
  const status = OUTCOME_STATUS[expected.outcome];
  const loggedIn = status === 'completed';
  expect(result, JSON.stringify([result.failure_reason, result.outcome_details, result.evidence])).toMatchObject({
    outcome: expected.outcome,
    status,
    verdict: loggedIn ? 'passed' : result.verdict,
  });
  if (expected.details) expect(result.outcome_details).toMatchObject(expected.details);
  if (expected.words === null) expect(result.site_message).toBeNull();
  else if (expected.words) expect(result.site_message).toContain(expected.words);
  expect(result.evidence.length).toBeGreaterThan(0);
  for (const signal of result.evidence) {
    expect(signal).toMatchObject({
      signal: expect.any(String),
      weight: expect.any(Number),
      text: expect.stringMatching(/\S/),
    });
  }
  if (loggedIn) {
    expect(result.failure_reason).toBeNull();
    expect(result.password_proven).toBe(true);
    expect(result.browser_profile_id !== null).toBe(keeps && expected.profile === true);
    expect(result.browser_profile_failure_reason).toBe(keeps && !expected.profile ? 'no_session' : null);
  } else {
    expect(result.failure_reason).toMatch(/^[A-Z].*\.$/);
    expect(result.verdict).toBe(status === 'terminated' ? 'failed' : 'unknown');
    expect(result.password_proven).toBe(false);
    expect(result.browser_profile_id).toBeNull();
    if (status === 'terminated') expect(result.terminate_rule).toMatch(/^[a-z_]+$/);
  }
  const times = [result.started_at, result.judged_at, result.finished_at].map((time) => Date.parse(time));
  expect(times).toEqual([...times].sort((a, b) => a - b));
}

describe('the verdict at every door of the practice site', () => {
  test('every door is in the table', () => {
    const known = DOORS.map(({ variant }) => variant).sort();
    expect(known).toEqual(VARIANTS.map(({ id }) => id).sort());
  });

  const differing = DOORS.filter(({ right, wrong }) => right !== wrong);
  describe.concurrent.each(DOORS)('$variant', { timeout: 120_000 }, (door) => {
    // Where any password ends the same, a wrong one shows nothing more.
    const turn = differing.indexOf(door);
    // What is particular about a door lies before its session, unless that is what the row is there for.
    const keeps = door.session === true || isTried(turn, 8);
    const judged = async (correct: boolean, swapped: boolean) => {
      const { result, counted } = await visit({ door, correct, swapped, keeps });
      const expected = correct !== swapped ? door.right : door.wrong;
      holds(result, expected, keeps);
      expect(counted.password).toBe(expected.password ?? 1);
      expect(counted.code).toBe(expected.code ?? 0);
      expect(counted.extra).toBe(expected.extra ?? 0);
      expect(result.submissions.password).toBe(counted.password);
      expect(result.submissions.code).toBe(counted.code);
      expect(counted.honeypot).toBe(0);
    };
    test('the right password', () => judged(true, false));
    // A refusal of another kind is read in another way.
    const refusedOtherwise = turn >= 0 && door.wrong.outcome !== 'wrong_credentials';
    if (refusedOtherwise || isTried(turn, 6)) test('the wrong password', () => judged(false, false));

    // The verdict is about what the site does: where success and failure are swapped, it is the opposite.
    if (!isTried(turn, 24)) return;
    test.each([
      ['the wrong password, let in', false],
      ['the right password, refused', true],
    ])('%s', (_name, correct) => judged(correct, true));
  });
});
