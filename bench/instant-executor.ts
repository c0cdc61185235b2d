import { setTimeout as delay } from 'node:timers/promises';
import type { JobHandlers, JobReply, LoginExecutor, LoginJob } from '../src/execution/protocol.ts';

/**
 * Answers jobs as a worker would, without a browser: asks for the credential and both permissions, tells its stages and
 * comes to its outcome after `ms`. What is left is what main and the database do for a run.
 */
export function instantExecutor(ms = 0): LoginExecutor {
  const active = new Set<Promise<JobReply>>();
  return {
    execute: (job, handlers) => {
      const reply = answer(job, handlers, ms);
      active.add(reply);
      return reply.finally(() => active.delete(reply));
    },
    check: async () => undefined,
    health: () => ({
      threads: 1,
      answering: 1,
      browserless: 0,
      runs: active.size,
      threads_lost: 0,
      browsers_restarted: 0,
    }),
    close: async () => {
      await Promise.allSettled(active);
    },
  };
}

async function answer(job: LoginJob, handlers: JobHandlers, ms: number): Promise<JobReply> {
  const { origin } = new URL(job.task.url);
  await handlers.needCredential();
  for (const stage of ['identifier', 'password'] as const) {
    const permission = await handlers.maySubmit(stage, origin);
    if (!permission.granted) {
      handlers.contextClosed();
      return {
        kind: 'error',
        error: { code: 'internal', detail: `The ${stage} was not granted: ${permission.reason}.` },
      };
    }
    handlers.event({ event: 'stage', data: { stage, state: 'started', origin } });
  }
  if (ms > 0) await delay(ms);
  for (const stage of ['identifier', 'password'] as const) {
    handlers.event({ event: 'stage', data: { stage, state: 'submitted' } });
  }
  handlers.contextClosed();
  return {
    kind: 'outcome',
    outcome: {
      code: 'logged_in',
      details: null,
      site_message: null,
      evidence: [{ signal: 'control', weight: 4, text: 'A context without the session is asked to log in.' }],
      rule: null,
      password_proven: true,
      submissions: { identifier: 1, password: 1, code: 0 },
      steps: 1,
      stage: 'password',
      landing_url: job.task.url,
      origins: [origin],
      session: null,
      session_failure: null,
      judged_at: Date.now(),
      timings: { open: 1 },
    },
  };
}
