import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import { createInlineExecutor } from '../../src/execution/inline-executor.ts';
import type { LoginExecutor, PasskeyAnswer } from '../../src/execution/protocol.ts';
import { runLogin, TimeLimit } from '../../src/login/run-login.ts';
import { startEgress } from '../support/egress.ts';
import { makePasskey } from '../support/make-passkey.ts';
import { type Practice, randomPassword, startPractice } from '../support/practice.ts';
import { oddJob, RecordedHandlers } from './recorded-handlers.ts';

let practice: Practice;
let egress: EgressProxy;
let executor: LoginExecutor;
beforeAll(async () => {
  practice = await startPractice();
  egress = await startEgress(['127.0.0.0/8', '::1/128']);
  executor = await createInlineExecutor({
    executable: inject('chromium'),
    runsPerWorker: 1,
    engine: { run: runLogin, TimeLimit },
    egress,
  });
});
afterAll(async () => {
  await executor.close();
  await egress.close();
  await practice.close();
});

/** Holds one permission back until the site has let the passkey in. */
class Holding extends RecordedHandlers {
  readonly #stage: string;
  readonly #passkey: NonNullable<PasskeyAnswer>;
  readonly #letIn: () => boolean;

  constructor(stage: string, passkey: NonNullable<PasskeyAnswer>, letIn: () => boolean) {
    super();
    this.#stage = stage;
    this.#passkey = passkey;
    this.#letIn = letIn;
  }

  override async maySubmit(stage: string, origin: string) {
    const granted = await super.maySubmit(stage, origin);
    if (stage === this.#stage) await expect.poll(this.#letIn, { timeout: 20_000, interval: 20 }).toBe(true);
    return granted;
  }

  override async needPasskey() {
    await super.needPasskey();
    return this.#passkey;
  }
}

test.each(['identifier', 'password'])(
  'a passkey that signs while the form waits for its %s is the login',
  async (stage) => {
    const { site } = practice;
    const account = { username: `${stage}@lindgrove.test`, password: randomPassword() };
    site.accounts.set(account);
    const { public_key: _, ...passkey } = await makePasskey(site, account);
    const before = site.attempts(account.username);
    const handlers = new Holding(stage, passkey, () => site.attempts(account.username).code > before.code);
    const job = oddJob(site.localhostUrl('passkey-late'), stage);
    const task = { ...job.task, passkey_rp_id: passkey.rp_id };
    const reply = await executor.execute({ ...job, task }, handlers, new AbortController().signal);
    expect(handlers.told).toContain(`may-submit ${stage} ${new URL(job.task.url).origin}`);
    expect(reply, JSON.stringify(reply)).toMatchObject({
      outcome: { code: 'logged_in', password_proven: false, submissions: { identifier: 0, password: 0, code: 1 } },
    });
    expect(site.attempts(account.username)).toMatchObject({ password: before.password, code: before.code + 1 });
  },
);
