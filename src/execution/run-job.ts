import { setTimeout as delay } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { Contexts, type OpenContext } from '../browser/contexts.ts';
import { RunContexts } from '../browser/run-contexts.ts';
import { WarmBrowser } from '../browser/warm-browser.ts';
import { type LoginOutcome, OUTCOME_STATUS } from '../login/outcome.ts';
import type { LoginPorts, LoginTask } from '../login/ports.ts';
import { type BusySlot, BusySlots } from './busy-slots.ts';
import { type JobReply, type LoginJob, parse, toFailure, type WorkerSettings } from './protocol.ts';
import type { Pulse } from './pulse.ts';
import { RunAborted, WorkerLink } from './worker-link.ts';
import { createPorts } from './worker-ports.ts';

/** The login engine as a job runs it. Throws a `TimeLimit` when the task's active time is used up. */
export interface Engine {
  run(page: OpenContext['page'], task: LoginTask, ports: LoginPorts, signal: AbortSignal): Promise<LoginOutcome>;
  TimeLimit: abstract new (...args: never[]) => Error;
}

/** What the runs of one thread share. */
export interface JobHost {
  contexts: Contexts;
  slots: BusySlots;
  pulse: Pulse;
  /** The temporary folder of what runs here. */
  folder: string;
  /** Ends the browser; no job may be running. */
  close(): Promise<void>;
}

/** Milliseconds an engine has to come to its outcome after its browser died: it may have been decided already. */
const AFTER_CRASH = 1_000;

/** `env`: the browser's environment; left out, that of this thread. `onStart`: see WarmBrowser. Starts nothing yet. */
export function createJobHost(
  settings: WorkerSettings,
  pulse: Pulse,
  onStart: (started: boolean) => void,
  env?: Record<string, string>,
): JobHost {
  const { executable, temp_dir: artifactsDir, egress } = settings;
  const warm = new WarmBrowser({ executable, artifactsDir, env }, egress, onStart);
  const contexts = new Contexts(warm);
  return {
    contexts,
    slots: new BusySlots(settings.busy_runs),
    pulse,
    folder: settings.temp_dir,
    close: async () => {
      pulse.stop();
      await contexts.close();
      await warm.close();
    },
  };
}

/**
 * Runs one job to its end and never rejects. The contexts are closed, and main was told so, before it resolves; on an
 * abort that happens at once, whatever the engine is doing.
 */
export async function runJob(value: unknown, port: MessagePort, host: JobHost, engine: Engine): Promise<JobReply> {
  const link = new WorkerLink(port);
  let contexts: RunContexts | null = null;
  let slot: BusySlot | null = null;
  // Others may have taken the process for dead meanwhile: a run in the middle of it is given up, and submits no more.
  const unwatch = host.pulse.watch(() => link.giveUp());
  try {
    const job = parse('job', value);
    const opened = new RunContexts(
      host.contexts,
      job.session?.context_options ?? {},
      (context) => link.tell({ type: 'context-opened', ...context }),
      { kind: job.record, folder: host.folder },
    );
    contexts = opened;
    link.onTrouble = (trouble) => opened.unreached.noteTrouble(trouble);
    slot = await host.slots.acquire(link.signal);
    return {
      kind: 'outcome',
      outcome: await untilStopped(drive(job, link, contexts, slot, host.pulse, engine), link, contexts),
    };
  } catch (error) {
    return replyTo(error, link, engine);
  } finally {
    unwatch();
    if (contexts) await handOverRecordings(contexts, link);
    await contexts?.closeAll('The run is over.');
    slot?.end();
    link.tell({ type: 'context-closed' });
    link.close();
  }
}

async function drive(
  job: LoginJob,
  link: WorkerLink,
  contexts: RunContexts,
  slot: BusySlot,
  pulse: Pulse,
  engine: Engine,
): Promise<LoginOutcome> {
  const { page } = await contexts.open(job.session ? { session: job.session } : {});
  return engine.run(page, job.task, createPorts({ link, contexts, slot, pulse }, job.planner), link.signal);
}

/** A run that was stopped has no time for them. */
async function handOverRecordings(contexts: RunContexts, link: WorkerLink): Promise<void> {
  if (link.signal.aborted) return;
  for (const { kind, bytes } of await contexts.recordings()) link.tell({ type: 'recording', kind, bytes });
}

/** The work's outcome, unless the run is stopped or its browser dies first. What the work does later is dropped. */
async function untilStopped(
  work: Promise<LoginOutcome>,
  { signal }: WorkerLink,
  contexts: RunContexts,
): Promise<LoginOutcome> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // An engine that throws after its run was over must not take the thread, and so its neighbours, along.
  work.catch(() => undefined);
  stopped.promise.catch(() => undefined);
  try {
    const outcome = await Promise.race([work, stopped.promise, contexts.crashed]);
    // What a dead browser looks like to the engine is not what the site said.
    if (OUTCOME_STATUS[outcome.code] === 'failed') await throwCrash(contexts);
    return outcome;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const outcome = await Promise.race([work.catch(() => null), delay(AFTER_CRASH, null)]);
    // What the site did say stands, even when the browser died right after.
    if (outcome && OUTCOME_STATUS[outcome.code] !== 'failed') return outcome;
    await throwCrash(contexts);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Rejects with the crash if there was one: its news come after the calls it made fail, so the browser is asked. */
async function throwCrash(contexts: RunContexts): Promise<void> {
  const asked = contexts.answer().then(
    () => delay(0),
    () => delay(AFTER_CRASH),
  );
  await Promise.race([contexts.crashed, asked, delay(AFTER_CRASH)]);
}

function replyTo(error: unknown, link: WorkerLink, engine: Engine): JobReply {
  if (error instanceof RunAborted) return { kind: 'aborted', reason: error.reason, stage: link.stage };
  if (error instanceof engine.TimeLimit) return { kind: 'aborted', reason: 'timed_out', stage: link.stage };
  return { kind: 'error', error: toFailure(error) };
}
