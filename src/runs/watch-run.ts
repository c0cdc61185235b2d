import { KeyturnError } from '../errors.ts';
import type { JobHandlers, JobReply, LoginJob } from '../execution/protocol.ts';
import { onBehalfOf } from '../log-context.ts';
import { RunPhases, timeByPhase } from '../metrics/run-phases.ts';
import type { Run } from '../storage/rows.ts';
import type { TraceSpan } from '../tracing/tracing.ts';
import type { ActiveRun } from './active-run.ts';
import type { RunServices } from './run-services.ts';

type Watched = Pick<RunServices, 'executor' | 'metrics' | 'tracing'>;

/**
 * Hands a claimed run to the executor and keeps what is measured and traced of it: the time in the queue, its phases by
 * what the worker tells, and how it ended. What main does for it meanwhile is on its behalf.
 */
export async function watchRun(
  { executor, metrics, tracing }: Watched,
  run: Run,
  active: ActiveRun,
  job: LoginJob,
): Promise<JobReply> {
  if (!executor) throw new KeyturnError('internal', { detail: 'This process drives no runs.' });
  const claimed = Date.now();
  const parent = run.trace_context;
  const ids = { 'keyturn.run_id': run.id, 'keyturn.organization_id': run.organization_id };
  tracing.start('run queued', { parent, at: run.created_at.getTime() }).end(ids, { at: claimed });
  metrics.phase('queued', (claimed - run.created_at.getTime()) / 1000);
  const span = tracing.start('run', { parent, at: claimed });
  const phases = new RunPhases(claimed);
  const gone = metrics.running(active);
  try {
    const handlers = watchedHandlers(active.handlers, run.id, phases, metrics);
    const reply = await onBehalfOf(run.id, () => executor.execute(job, handlers, active.abort.signal));
    const ended = Date.now();
    const judgedAt = reply.kind === 'outcome' ? reply.outcome.judged_at : null;
    const spans = phases.end(ended, judgedAt);
    for (const [phase, ms] of timeByPhase(spans)) metrics.phase(phase, ms / 1000);
    for (const { phase, from, until } of spans) {
      tracing.start(`run ${phase}`, { parent: span.traceparent, at: from }).end(ids, { at: until });
    }
    metrics.phase('whole', (ended - claimed) / 1000);
    noteStops(reply, metrics);
    endSpan(span, ids, reply, ended);
    return reply;
  } finally {
    gone();
    metrics.forgetCode(run.id);
  }
}

function watchedHandlers(
  handlers: JobHandlers,
  runId: string,
  phases: RunPhases,
  metrics: Watched['metrics'],
): JobHandlers {
  return {
    needCredential: () => onBehalfOf(runId, () => handlers.needCredential()),
    maySubmit: (stage, origin) => onBehalfOf(runId, () => handlers.maySubmit(stage, origin)),
    needCode: async (question) => {
      const before = phases.phase;
      phases.enter('code_wait', Date.now());
      try {
        return await onBehalfOf(runId, () => handlers.needCode(question));
      } finally {
        phases.enter(before === 'judging' ? 'code' : before, Date.now());
      }
    },
    plan: (request) => onBehalfOf(runId, () => handlers.plan(request)),
    needPasskey: () => onBehalfOf(runId, () => handlers.needPasskey()),
    passkeySettled: (signCount) => onBehalfOf(runId, () => handlers.passkeySettled(signCount)),
    egressTrouble: (trouble) => onBehalfOf(runId, () => handlers.egressTrouble(trouble)),
    event: (event) => {
      follow(event, phases);
      // The first step after its arrival is the one in which the code was typed.
      if (event.event === 'step') metrics.codeTyped(runId);
      onBehalfOf(runId, () => handlers.event(event));
    },
    artifact: (name, bytes) => onBehalfOf(runId, () => handlers.artifact(name, bytes)),
    recording: (kind, bytes) => onBehalfOf(runId, () => handlers.recording(kind, bytes)),
    contextClosed: () => onBehalfOf(runId, () => handlers.contextClosed()),
  };
}

function follow({ event, data }: Parameters<JobHandlers['event']>[0], phases: RunPhases): void {
  if (event === 'awaiting') phases.enter(data.state === 'started' ? 'approval_wait' : 'judging', Date.now());
  if (event !== 'stage') return;
  if (data.state === 'submitted') phases.enter('judging', Date.now());
  else if (data.stage === 'identifier' || data.stage === 'password') phases.enter(data.stage, Date.now());
  else if (data.stage === 'code' || data.stage === 'extra') phases.enter(data.stage, Date.now());
}

/** What was stopped at the fuse or on its way out. */
function noteStops(reply: JobReply, metrics: Watched['metrics']): void {
  if (reply.kind !== 'outcome') return;
  const { code, details } = reply.outcome;
  if (code === 'second_submission_blocked') {
    metrics.fuseFired(details?.fuse === 'heuristic' ? 'heuristic' : 'repeat');
  }
  if (code !== 'egress_denied') return;
  if (typeof details?.method === 'string') metrics.fuseFired('foreign');
  const { reason } = details ?? {};
  // Addresses are counted by the egress proxy, with those that ended no run.
  if (reason === 'address' || reason === 'own') return;
  metrics.egressDenied(reason === 'scheme' || reason === 'userinfo' ? reason : 'origin');
}

function endSpan(span: TraceSpan, ids: Record<string, string>, reply: JobReply, at: number): void {
  if (reply.kind === 'error') {
    span.end({ ...ids, 'keyturn.error': reply.error.code }, { failed: true, at });
    return;
  }
  if (reply.kind === 'aborted') {
    span.end({ ...ids, 'keyturn.aborted': reply.reason }, { at });
    return;
  }
  const { code, steps, timings } = reply.outcome;
  const parts = Object.entries(timings).map(([name, ms]) => [`keyturn.part.${name}_ms`, Math.round(ms)] as const);
  span.end({ ...ids, 'keyturn.outcome': code, 'keyturn.steps': steps, ...Object.fromEntries(parts) }, { at });
}
