import type { PracticeSite } from '../../src/practice/practice-site.ts';
import type { Service } from '../support/service.ts';
import type { EchoSite } from './echo-site.ts';

export interface Scene {
  service: Service;
  site: PracticeSite;
  echo: EchoSite;
  /** Not yet used at the site. */
  username: string;
  password: string;
}

/** How one run is brought about, and the outcomes (or statuses) it may have. */
export interface Scenario {
  name: string;
  ends: string[];
  /** The body of the request, or null when the run was started and dealt with. */
  body(scene: Scene): Record<string, unknown>;
  /** Cancels it once it has begun. */
  cancels?: true;
}

const at = (variant: string, name: string, ends: string[], more: Partial<Scenario> = {}): Scenario => ({
  name,
  ends,
  body: ({ site, username, password }) => {
    site.accounts.set({ username, password });
    return { url: site.url(variant), username, password };
  },
  ...more,
});

/** The site knows another password. */
const refused = (variant: string, ends = ['wrong_credentials']): Scenario => ({
  name: `wrong at ${variant}`,
  ends,
  body: ({ site, username, password }) => {
    site.accounts.set({ username, password: 'another one' });
    return { url: site.url(variant), username, password };
  },
});

const echoed = (path: string, ends: string[]): Scenario => ({
  name: `said back by ${path}`,
  ends,
  body: ({ echo, username, password }) => ({ url: echo.url(path), username, password }),
});

/** Every kind of end that a run can be brought to, each by a page of its own. */
export const SCENARIOS: readonly Scenario[] = [
  at('classic', 'logged in', ['logged_in']),
  refused('classic'),
  at('spa', 'logged in by fetch', ['logged_in']),
  refused('spa'),
  at('identifier-first', 'logged in on two pages', ['logged_in']),
  refused('identifier-first'),
  at('basic', 'logged in by HTTP', ['logged_in', 'wrong_credentials']),
  refused('basic'),
  at('iframe', 'logged in within a frame', ['logged_in']),
  at('shadow', 'logged in within a shadow tree', ['logged_in']),
  {
    name: 'wrong code',
    ends: ['wrong_code'],
    body: ({ site, username, password }) => {
      site.accounts.set({ username, password, totp: 'JBSWY3DPEHPK3PXP' });
      return { url: site.url('totp-one-box'), username, password, totp: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' };
    },
  },
  {
    name: 'no code source',
    ends: ['code_source_missing'],
    body: ({ site, username, password }) => {
      site.accounts.set({ username, password, totp: 'JBSWY3DPEHPK3PXP' });
      return { url: site.url('totp-one-box'), username, password };
    },
  },
  {
    name: 'a code that never comes',
    ends: ['code_timeout'],
    body: ({ site, username, password }) => {
      site.accounts.set({ username, password, codeTo: username });
      return { url: site.url('totp-one-box'), username, password, totp_identifier: username, totp_type: 'email' };
    },
  },
  at('locked', 'locked', ['account_locked']),
  at('rate-limited', 'rate limited', ['rate_limited']),
  at('captcha', 'captcha', ['captcha']),
  at('extra-question', 'more information', ['needs_more_information']),
  at('password-expired', 'password expired', ['password_expired']),
  at('approve', 'approval that never comes', ['needs_approval']),
  at('social-only', 'no method', ['unsupported_method']),
  at('article', 'no login page', ['not_a_login_page']),
  at('provider-in-frame', 'another origin', ['egress_denied']),
  refused('invalid-only', ['rejected']),
  at('hostile-sends-twice', 'second submission', ['second_submission_blocked']),
  at('hostile-salted-twice', 'second submission of a digest', ['second_submission_blocked']),
  at('hostile-unknown-step', 'inconclusive', ['inconclusive']),
  at('hostile-hangs-up', 'no answer', ['inconclusive']),
  at('hostile-asks-for-ever', 'step limit', ['step_limit']),
  at('hostile-redirect-307-foreign', 'led away with the body', ['egress_denied']),
  at('unclear-opener', 'planner asked', ['logged_in', 'not_a_login_page']),
  refused('unclear-answer', ['wrong_credentials', 'rejected', 'inconclusive']),
  at('slow', 'cancelled', ['canceled'], { cancels: true }),
  { ...refused('classic'), name: 'refused elsewhere' },
  {
    name: 'unreachable',
    ends: ['unreachable'],
    body: ({ username, password }) => ({ url: 'http://127.0.0.1:1/', username, password }),
  },
  echoed('/get', ['wrong_credentials']),
  echoed('/post', ['wrong_credentials']),
  echoed('/lost', ['unreachable', 'inconclusive', 'egress_denied']),
];

/** A password of no interest beside the seed, which is the canary. */
const withSeed = (name: string, variant: string, ends: string[], right: boolean): Scenario => ({
  name,
  ends,
  body: ({ site, username, password: seed }) => {
    const known = right ? seed.replaceAll(' ', '').toUpperCase() : 'JBSWY3DPEHPK3PXP';
    site.accounts.set({ username, password: 'beside the seed', totp: known });
    return { url: site.url(variant), username, password: 'beside the seed', totp: seed };
  },
});

export const SEED_SCENARIOS: readonly Scenario[] = [
  withSeed('right code', 'totp-one-box', ['logged_in'], true),
  withSeed('right code in six boxes', 'six-boxes', ['logged_in'], true),
  withSeed('refused code', 'totp-one-box', ['wrong_code'], false),
];

/** Brings it about and waits for its end. */
export async function play(scenario: Scenario, scene: Scene): Promise<{ run: string; end: string }> {
  const { service } = scene;
  const started = await service.call('POST', '/v1/credentials/test-login', scenario.body(scene));
  if (started.status !== 200) return { run: '', end: `${started.status} ${started.body.code}` };
  const { credential_id: id, workflow_run_id: run } = started.body;
  if (scenario.cancels) await service.call('POST', `/v1/credentials/${id}/test/${run}/cancel`);
  const final = await service.finished(started.body);
  return { run, end: final.outcome ?? final.status };
}
