import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from 'otpauth';
import type { PracticeAccount } from '../../src/practice/accounts.ts';
import type { Answer } from './chaos-service.ts';
import type { World } from './chaos-world.ts';

/** Everything must be over so long after service and database are up again. */
export const OVER_MS = 60_000;
const LOOK_MS = 150;

/** One login of a round, of an account of its own: what the site received for it is what this run sent. */
export interface Login {
  kind: string;
  account: PracticeAccount;
  /** Null: the service gave no answer, so it may have taken the run or not. */
  run: string | null;
  credential: string | null;
  /** The run as the service shows it at the end; null when it never was final. */
  final: Answer['body'] | null;
}

interface Plan {
  variant: string;
  query?: string;
  account?: Partial<PracticeAccount>;
  /** Fields of the login test besides address, name and password. */
  fields?: (account: PracticeAccount) => Record<string, unknown>;
  /** A password the site refuses. */
  wrong?: boolean;
  /** Stored first, and then tested, instead of a login test. */
  stored?: boolean;
}

const PLANS: Record<string, () => Plan> = {
  form: () => ({ variant: 'classic' }),
  'slow form': () => ({ variant: 'slow', query: '?delay=2500' }),
  'name first': () => ({ variant: 'identifier-first' }),
  'code of a seed': () => {
    const totp = new Secret({ size: 20 }).base32;
    return {
      variant: 'totp-one-box',
      account: { totp },
      fields: () => ({ totp, totp_type: 'authenticator' }),
      stored: true,
    };
  },
  'code that is sent': () => ({
    variant: 'totp-one-box',
    account: { codeTo: `${randomBytes(6).toString('hex')}@lindgrove.test` },
    fields: ({ codeTo }) => ({ totp_type: 'email', totp_identifier: codeTo }),
  }),
  'wrong password': () => ({ variant: 'classic', wrong: true }),
};

export const LOGIN_KINDS = Object.keys(PLANS);

/** Asks for a login. Nothing is asked twice: without an answer nobody knows whether it was taken. */
export async function askForLogin(world: World, kind: string, service = world.first): Promise<Login> {
  const plan = PLANS[kind]?.();
  if (!plan) throw new Error(`There is no login "${kind}"`);
  const username = `${randomBytes(5).toString('hex')}@lindgrove.test`;
  const account: PracticeAccount = { username, password: randomBytes(12).toString('hex'), ...plan.account };
  world.site.accounts.set(account);
  const login: Login = { kind, account, run: null, credential: null, final: null };
  const password = plan.wrong ? randomBytes(12).toString('hex') : account.password;
  const secret = { username, password, ...plan.fields?.(account) };
  const url = world.site.url(plan.variant) + (plan.query ?? '');
  let answer: Answer | null;
  if (plan.stored) {
    const body = { name: username, credential_type: 'password', credential: secret };
    const stored = await service.call('POST', '/v1/credentials', body);
    if (stored?.status !== 201) return login;
    answer = await service.call('POST', `/v1/credentials/${stored.body.credential_id}/test`, { url });
  } else {
    answer = await service.call('POST', '/v1/credentials/test-login', { url, ...secret });
  }
  if (answer?.status === 200) {
    login.run = answer.body.workflow_run_id;
    login.credential = answer.body.credential_id;
  }
  return login;
}

/** Looks at the runs, and brings the codes they wait for, until all are final or the time is over. */
export async function followLogins(world: World, logins: readonly Login[], deadline: () => number): Promise<void> {
  const brought = new Set<string>();
  const look = async (login: Login): Promise<void> => {
    const answer = await world.first.call('GET', `/v1/runs/${login.run}`);
    if (answer?.status !== 200) return;
    if (answer.body.finished_at !== null) login.final = answer.body;
    const { username, codeTo } = login.account;
    const code = world.sent.get(username);
    if (answer.body.awaiting === null || code === undefined || codeTo === undefined || brought.has(code)) return;
    const pushed = await world.first.call('POST', '/v1/credentials/totp', { totp_identifier: codeTo, content: code });
    if (pushed?.status === 200) brought.add(code);
  };
  const open = () => logins.filter(({ run, final }) => run !== null && final === null);
  while (open().length > 0 && performance.now() < deadline()) {
    await Promise.all(open().map(look));
    await delay(LOOK_MS);
  }
}
