import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { OutcomeCode } from '../../src/login/outcome.ts';
import { HOSTILE_VARIANTS } from '../../src/practice/hostile-variants.ts';
import { startPractice } from '../support/practice.ts';
import { type Service, startService } from '../support/service.ts';
import { isTried } from '../support/thorough.ts';

/** How a run ends with the right and with a wrong password, and how often the password reaches the site. */
interface Ends {
  right: OutcomeCode;
  wrong: OutcomeCode;
  /** Once when left out. */
  password?: number;
  /** Both are sent in one moment: stopping the second may cut the first off on its way. */
  cutOff?: true;
  /** `heuristic` where the page sends something that is not recognised as the password. */
  fuse?: 'match' | 'heuristic';
  evidence?: string;
}

const plain: Ends = { right: 'logged_in', wrong: 'wrong_credentials' };
const repeats: Ends = { right: 'second_submission_blocked', wrong: 'second_submission_blocked', fuse: 'match' };
const leaves: Ends = { right: 'egress_denied', wrong: 'egress_denied', password: 0 };
const untold: Ends = { right: 'inconclusive', wrong: 'wrong_credentials' };

const EXPECTED: Record<string, Ends> = {
  'sends-twice': repeats,
  'sends-beacon': repeats,
  'sends-leaving': plain,
  // The worker's comes first, as base64, which the site does not take for a login.
  'sends-worker': { ...repeats, password: 0 },
  'sends-frame': repeats,
  'sends-later': repeats,
  'sends-on-input': plain,
  'service-worker': plain,
  'foreign-action': leaves,
  'foreign-action-late': leaves,
  'foreign-frame': leaves,
  // The leak is stopped while the password is typed; whether the form still goes is a race that harms nobody.
  'leaks-beacon': { ...leaves, password: 1 },
  'leaks-picture': { ...leaves, password: 1 },
  'leaks-window': { ...leaves, password: 1 },
  'redirect-307-same': plain,
  'redirect-308-same': plain,
  'redirect-307-foreign': leaves,
  'redirect-308-foreign': leaves,
  'unknown-step': { right: 'inconclusive', wrong: 'inconclusive' },
  'named-refusal': { right: 'logged_in', wrong: 'inconclusive' },
  'stuck-for-strangers': { right: 'logged_in', wrong: 'inconclusive', evidence: 'log_out_control' },
  'blank-for-strangers': { right: 'logged_in', wrong: 'inconclusive', evidence: 'log_out_control' },
  'hangs-up': { right: 'inconclusive', wrong: 'inconclusive', evidence: 'no_answer' },
  digest: plain,
  'digest-twice': repeats,
  salted: plain,
  'salted-twice': { ...repeats, fuse: 'heuristic', cutOff: true },
  'native-prompt': plain,
  'answer-in-window': plain,
  'answers-with-file': { ...untold, evidence: 'download' },
  circles: plain,
  'never-ends': untold,
  'hopeful-first': plain,
  silent: { right: 'logged_in', wrong: 'rejected' },
  blank: { right: 'logged_in', wrong: 'rejected' },
  'circles-at-once': { right: 'unreachable', wrong: 'unreachable', password: 0 },
  'file-at-once': { right: 'not_a_login_page', wrong: 'not_a_login_page', password: 0 },
  'asks-for-ever': { right: 'step_limit', wrong: 'wrong_credentials' },
  'foreign-window': leaves,
  'window-beside': plain,
  'clones-field': plain,
  alerts: plain,
  'real-keys': { right: 'inconclusive', wrong: 'inconclusive', password: 0 },
  traps: plain,
  injection: plain,
  huge: plain,
};

const HEAVY = 'huge';
/** One megabyte in short, all ten when thorough. */
const HEAVY_QUERY = inject('thorough') ? '' : '?rows=14000';

let service: Service;
beforeAll(async () => {
  service = await startService({ KEYTURN_RUNS_PER_WORKER: '3' });
});
afterAll(() => service.close());

describe('hostile pages', () => {
  test('are all in the table', () => {
    expect(HOSTILE_VARIANTS.map(({ id }) => id).sort()).toEqual(
      Object.keys(EXPECTED)
        .map((id) => `hostile-${id}`)
        .sort(),
    );
    expect(HOSTILE_VARIANTS.length).toBeGreaterThanOrEqual(25);
  });

  const light = Object.entries(EXPECTED).filter(([id]) => id !== HEAVY);
  const differing = light.filter(([, { right, wrong }]) => right !== wrong).map(([id]) => id);
  describe.concurrent.each(light)('%s', (id, expected) => {
    const turn = differing.indexOf(id);
    // What refuses in words of its own is read in its own way; what ends before the answer ends so with any password.
    const readOtherwise = turn >= 0 && expected.wrong !== 'wrong_credentials';
    tryBoth(id, expected, {
      wrongToo: readOtherwise || isTried(turn, 8),
      swappedToo: turn >= 0 && isTried(turn, 24),
      keeps: isTried(turn),
    });
  });

  // Ten megabytes that Chromium lays out for half a minute of a core: beside others it is the machine that is measured.
  describe(HEAVY, () => tryBoth(HEAVY, plain, { wrongToo: isTried(1), swappedToo: false, keeps: false }));
});

/**
 * Runs at a page with the right and the wrong password; swapped, the right one is refused and the wrong one let in.
 * `keeps`: the session is kept, and tried.
 */
function tryBoth(
  id: string,
  expected: Ends,
  { wrongToo, swappedToo, keeps }: { wrongToo: boolean; swappedToo: boolean; keeps: boolean },
): void {
  const ways = [
    ['right', false],
    ...(wrongToo ? ([['wrong', false]] as const) : []),
    ...(swappedToo
      ? ([
          ['right', true],
          ['wrong', true],
        ] as const)
      : []),
  ] as const;
  test.each(ways)('with the %s password, swapped: %s', { timeout: 120_000 }, async (which, swapped) => {
    const practice = await startPractice({ swapped });
    try {
      const { site, ada } = practice;
      const ends = (which === 'right') === swapped ? 'wrong' : 'right';
      // The wrong one is somebody's as well, so that the site knows it when it sees it.
      const typed = which === 'right' ? ada.password : practice.wrong;
      const nobody = { username: 'nobody@lindgrove.test', password: typed };
      if (which === 'wrong') site.accounts.set(nobody);
      const started = await service.call('POST', '/v1/credentials/test-login', {
        url: site.url(`hostile-${id}`) + (id === HEAVY ? HEAVY_QUERY : ''),
        username: ada.username,
        password: typed,
        save_browser_profile: keeps,
      });
      const result = await service.finished(started.body);
      const { password, honeypot } = site.attempts(ada.username);
      const log = site.log();
      expect(result, JSON.stringify([result.failure_reason, result.outcome_details, result.evidence])).toMatchObject({
        outcome: expected[ends],
        ...(expected.fuse && { outcome_details: { fuse: expected.fuse, method: 'POST', path: expect.any(String) } }),
      });
      expect(password).toBeLessThanOrEqual(1);
      if (!id.startsWith('leaks-') && !expected.cutOff) expect(password).toBe(expected.password ?? 1);
      expect(log.filter(({ host }) => host.startsWith('localhost'))).toEqual([]);
      const bearing = log.filter(({ path }) => !path.endsWith('/begin'));
      expect(bearing.length).toBeLessThanOrEqual(1);
      expect(honeypot).toBe(0);
      const signals = result.evidence.map(({ signal }: { signal: string }) => signal);
      if (expected.fuse) expect(signals).toContain('fuse');
      if (expected.evidence && ends === 'right') expect(signals).toContain(expected.evidence);
    } finally {
      await practice.close();
    }
  });
}
