import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds the inspector has to find the thread. */
const PATIENCE_MS = 1_000;

interface Attached {
  params: { sessionId: string; workerInfo: { workerId: string } };
}

/**
 * Breaks off what a thread is executing, an endless loop too, so that it hears again: the inspector's
 * Runtime.terminateExecution, which reaches a thread in the middle of its JavaScript. Whatever was broken off never
 * settles; only for a thread that is ended next. Never rejects: ending it works without this as well.
 */
export async function interruptThread(thread: number): Promise<void> {
  const session = new Session();
  try {
    session.connect();
    const found = Promise.withResolvers<string>();
    session.on('NodeWorker.attachedToWorker', ({ params }: Attached) => {
      if (params.workerInfo.workerId === String(thread)) found.resolve(params.sessionId);
    });
    await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const sessionId = await Promise.race([found.promise, delay(PATIENCE_MS, null, { ref: false })]);
    if (sessionId === null) return;
    const message = JSON.stringify({ id: 1, method: 'Runtime.terminateExecution' });
    await session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
  } catch {
    // Gone by itself in the meantime.
  } finally {
    session.disconnect();
  }
}
