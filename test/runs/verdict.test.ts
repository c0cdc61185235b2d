import { describe, expect, it } from 'vitest';
import { OUTCOME_CODES, OUTCOME_STATUS } from '../../src/login/outcome.ts';
import { FAILURE_REASONS, failureReason } from '../../src/runs/failure-reasons.ts';
import { expectedCodes, expectsLogin, judge } from '../../src/runs/run.ts';

describe('the verdict', () => {
  it('passes when the outcome is the expected one', () => {
    expect(judge('completed', 'logged_in', ['logged_in'])).toBe('passed');
    expect(judge('completed', 'already_logged_in', ['logged_in'])).toBe('passed');
    expect(judge('terminated', 'wrong_credentials', ['wrong_credentials'])).toBe('passed');
    expect(judge('failed', 'inconclusive', ['captcha', 'inconclusive'])).toBe('passed');
  });

  it('fails when the site answered otherwise', () => {
    expect(judge('terminated', 'wrong_credentials', ['logged_in'])).toBe('failed');
    expect(judge('completed', 'logged_in', ['wrong_credentials'])).toBe('failed');
    expect(judge('completed', 'logged_in', ['already_logged_in'])).toBe('failed');
  });

  it('is unknown when there is no answer of the site', () => {
    expect(judge('failed', 'unreachable', ['logged_in'])).toBe('unknown');
    expect(judge('timed_out', null, ['logged_in'])).toBe('unknown');
    expect(judge('canceled', null, ['wrong_credentials'])).toBe('unknown');
  });

  it('is null while the run is open', () => {
    expect(judge('queued', null, ['logged_in'])).toBeNull();
    expect(judge('running', null, ['logged_in'])).toBeNull();
  });

  it('knows which expectations a live session may answer', () => {
    expect(expectsLogin(expectedCodes(undefined))).toBe(true);
    expect(expectsLogin(expectedCodes('already_logged_in'))).toBe(true);
    expect(expectsLogin(expectedCodes(['logged_in', 'wrong_credentials']))).toBe(false);
  });
});

describe('the sentences', () => {
  const ends = [...OUTCOME_CODES, 'timed_out', 'canceled'] as const;

  it.each(ends.filter((end) => end !== 'logged_in' && end !== 'already_logged_in'))(
    'say in one sentence what to do next after %s',
    (end) => {
      for (const stage of [null, 'identifier', 'password', 'code'] as const) {
        const sentence = failureReason(end, { details: null, stage, origin: 'https://site.example' });
        expect(sentence).toMatch(/^[A-Z].*\.$/);
        expect(sentence?.slice(0, -1)).not.toMatch(/\. /);
        expect(sentence).not.toMatch(/undefined|null|NaN/);
      }
    },
  );

  it('cover every way to end, and no other', () => {
    const failures = ends.filter((end) => end !== 'logged_in' && end !== 'already_logged_in');
    expect(Object.keys(FAILURE_REASONS).sort()).toEqual([...failures].sort());
    expect(failureReason('logged_in', { details: null, stage: null, origin: '' })).toBeNull();
  });

  it('name what the details hold', () => {
    const facts = { stage: 'password' as const, origin: 'https://site.example' };
    expect(failureReason('egress_denied', { ...facts, details: { origin: 'https://other.example' } })).toContain(
      'https://other.example',
    );
    expect(failureReason('account_locked', { ...facts, details: { retry_after: 900 } })).toContain('15 minutes');
    expect(failureReason('wrong_credentials', { ...facts, details: { part: 'identifier' } })).toContain('username');
    expect(failureReason('step_limit', { ...facts, details: null })).toContain('stopped at the password');
    expect(failureReason('interrupted', { details: null, stage: null, origin: '' })).toContain('nothing was submitted');
  });

  it('give every outcome a status', () => {
    for (const code of OUTCOME_CODES) expect(['completed', 'terminated', 'failed']).toContain(OUTCOME_STATUS[code]);
  });
});
