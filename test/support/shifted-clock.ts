/**
 * Loaded before a program (`node --import …`): its wall clock, in all of its threads, is CLOCK_OFFSET_MS off from the
 * start on, and jumps by CLOCK_JUMP_MS in the main thread at each SIGUSR2. Timers and the clock that only goes forward
 * stay as they are, as with a real jump.
 */
import { isMainThread } from 'node:worker_threads';

const RealDate = Date;
let offset = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const now = (): number => RealDate.now() + offset;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: [] | [number]) => (args.length === 0 ? new target(now()) : new target(...args)),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

if (isMainThread) {
  process.on('SIGUSR2', () => {
    offset += Number(process.env.CLOCK_JUMP_MS ?? 0);
  });
}
