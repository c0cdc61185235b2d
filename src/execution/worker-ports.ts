import { setTimeout as delay } from 'node:timers/promises';
import { captureSession } from '../browser/capture-session.ts';
import type { RunContexts } from '../browser/run-contexts.ts';
import type { LoginPorts } from '../login/ports.ts';
import type { BusySlot } from './busy-slots.ts';
import type { Pulse } from './pulse.ts';
import type { WorkerLink } from './worker-link.ts';

/** Milliseconds an answer may take before the run counts as waiting and gives its slot to another. */
const AT_ONCE = 50;

/** What one run has in its thread. */
export interface RunParts {
  link: WorkerLink;
  contexts: RunContexts;
  slot: BusySlot;
  pulse: Pulse;
}

/** The engine's ports, over the run's message port and its contexts. `planner`: whether main has one. */
export function createPorts({ link, contexts, slot, pulse }: RunParts, planner: boolean): LoginPorts {
  const isOver = () => link.signal.aborted || pulse.stoodStill;
  /** Lets another run have the slot while main takes its time. */
  const idle = async <T>(answer: Promise<T>): Promise<T> => {
    const settled = answer.then(
      () => true,
      () => true,
    );
    if (await Promise.race([settled, delay(AT_ONCE, false)])) return answer;
    slot.release();
    await settled;
    await slot.retake();
    return answer;
  };
  return {
    needCredential: () => link.ask({ kind: 'need-credential' }),
    maySubmit: async (stage, origin) => {
      const permission = await link.ask({ kind: 'may-submit', stage, origin });
      if (permission.granted) link.stage = stage;
      return permission;
    },
    needCode: (question) => idle(link.ask({ kind: 'need-code', question })),
    plan: planner ? (plan) => idle(link.ask({ kind: 'plan', plan })) : null,
    awaitOutside: async (what, wait) => {
      link.tell({ type: 'event', event: { event: 'awaiting', data: { state: 'started', ...what } } });
      slot.release();
      try {
        return await wait();
      } finally {
        await slot.retake();
        link.tell({ type: 'event', event: { event: 'awaiting', data: { state: 'ended', kind: what.kind } } });
      }
    },
    needPasskey: async (context, onUsed) => {
      const passkey = await link.ask({ kind: 'need-passkey' });
      if (!passkey) return null;
      const onSettled = (signCount: number) => link.tell({ type: 'passkey-settled', sign_count: signCount });
      return contexts.seedPasskey(context, passkey, { onUsed, onSettled });
    },
    event: (event) => link.tell({ type: 'event', event }),
    artifact: (name, bytes) => link.tell({ type: 'artifact', name, bytes }),
    openContext: async (request) => {
      link.signal.throwIfAborted();
      const { context, page } = await contexts.open(request);
      return { context, page };
    },
    closeContext: (context) => contexts.close(context),
    armFuse: (context, policy) => contexts.fuseOf(context).arm(policy, isOver),
    contextOptions: () => ({ ...contexts.options }),
    captureSession: (context) => captureSession(context, contexts.optionsOf(context)),
    deniedNavigation: () => contexts.denied,
    unreached: () => {
      const { kind } = contexts.unreached.last ?? {};
      return kind === 'dns' || kind === 'refused' || kind === 'slow' ? kind : null;
    },
  };
}
