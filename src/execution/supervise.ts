import { killBrowser } from '../browser/reaper.ts';
import type { JobChannel } from './job-channel.ts';
import { ABORT_REASONS, type AbortReason, type JobReply, parse, toFailure } from './protocol.ts';

/** Milliseconds a stopped run has to end by itself, then again after its browser was killed. */
const GRACE = 1_500;

/** Why a run was told to stop. */
export function reasonOf(signal: AbortSignal): AbortReason {
  return ABORT_REASONS.find((reason) => reason === signal.reason) ?? 'canceled';
}

/**
 * Waits for a job's reply and stops the job when told to: by message at once (its contexts close within milliseconds),
 * by killing the browsers it used when it has not ended after a grace time (its neighbours there end as
 * `browser_crashed`), and by `giveUp` after another. Never rejects; the contexts are closed when it resolves.
 */
export async function supervise(
  work: Promise<unknown>,
  channel: JobChannel,
  abort: AbortSignal,
  folder: string,
  giveUp: () => void,
): Promise<JobReply> {
  const timers: NodeJS.Timeout[] = [];
  const stop = () => {
    channel.abort(reasonOf(abort));
    timers.push(
      setTimeout(() => {
        for (const pid of channel.browserPids) void killBrowser(pid, folder).catch(() => undefined);
      }, GRACE),
      setTimeout(giveUp, 2 * GRACE),
    );
  };
  if (abort.aborted) stop();
  else abort.addEventListener('abort', stop, { once: true });
  try {
    const reply = parse('reply', await work);
    channel.finish();
    return channel.failure ? { kind: 'error', error: toFailure(channel.failure) } : reply;
  } catch (error) {
    channel.finish();
    if (abort.aborted) return { kind: 'aborted', reason: reasonOf(abort), stage: channel.stage };
    // Of a dead thread only that is known; its words may be anyone's and stay here.
    return { kind: 'error', error: toFailure(channel.failure ?? error) };
  } finally {
    abort.removeEventListener('abort', stop);
    for (const timer of timers) clearTimeout(timer);
  }
}
