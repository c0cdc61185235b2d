import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildProgram {
  /** Everything it printed, both streams. */
  output(): string;
  /** Resolves when the program has printed something that matches. Rejects when it ends or the time is over. */
  printed(pattern: RegExp, milliseconds: number): Promise<void>;
  /** Ends the program and everything it started, and waits for it. */
  close(): Promise<void>;
}

/** Starts a Node program under the pinned runtime in a process group of its own, with a bare environment. */
export function startNodeProgram(argv: string[], folder: string): ChildProgram {
  const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, NO_COLOR: '1' };
  const child = spawn(process.execPath, argv, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  return {
    output: () => output,
    async printed(pattern, milliseconds) {
      const seen = Promise.withResolvers<void>();
      const look = () => pattern.test(output) && seen.resolve();
      const fail = (what: string) => seen.reject(new Error(`${what} before ${pattern} was printed:\n${output}`));
      const timer = setTimeout(() => fail(`${milliseconds} ms went by`), milliseconds);
      const onEnd = () => fail('the program ended');
      listeners.add(look);
      child.once('close', onEnd);
      look();
      try {
        await seen.promise;
      } finally {
        clearTimeout(timer);
        listeners.delete(look);
        child.off('close', onEnd);
      }
    },
    async close() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, 'SIGKILL');
      }
      await closed;
    },
  };
}
