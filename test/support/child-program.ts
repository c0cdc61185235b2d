import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The command line of the checkout. */
export const CLI = path.resolve(import.meta.dirname, '../../src/cli.ts');

export interface ChildProgram {
  readonly pid: number;
  /** Everything it printed, both streams. */
  output(): string;
  stdout(): string;
  stderr(): string;
  /** Resolves when the program has printed something that matches. Rejects when it ends or the time is over. */
  printed(pattern: RegExp, milliseconds: number): Promise<void>;
  /** Sends a signal to the program alone, not to what it started. */
  signal(name: NodeJS.Signals): void;
  /** Sends a signal to the program and what it started, as a terminal does. */
  signalGroup(name: NodeJS.Signals): void;
  /** Resolves with the exit code (null: ended by a signal) when it is over and its streams are closed. */
  readonly ended: Promise<number | null>;
  /** Ends the program and everything it started, and waits for it. */
  close(): Promise<void>;
}

export interface ChildOptions {
  /** Besides PATH, HOME, TMPDIR and where what was compiled is kept. */
  env?: Record<string, string>;
  /** The folder it runs in; its home when left out. */
  cwd?: string;
  /** Standard input; closed at once when left out. */
  input?: string;
}

/** Starts a Node program under the pinned runtime, like `startProgram`. */
export function startNodeProgram(argv: string[], folder: string, options: ChildOptions = {}): ChildProgram {
  return startProgram([process.execPath, ...argv], folder, options);
}

/** Starts a program in a process group of its own, with a bare environment and `folder` as its home. */
export function startProgram(command: string[], folder: string, options: ChildOptions = {}): ChildProgram {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: folder, TMPDIR: folder, NO_COLOR: '1', ...options.env };
  const [file = '', ...argv] = command;
  const child: ChildProcess = spawn(file, argv, {
    cwd: options.cwd ?? folder,
    env,
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(options.input);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const texts = { stdout: '', stderr: '', both: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      texts.both += text;
      for (const listener of listeners) listener();
    });
  }
  const signalGroup = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      // Nobody of the group is left.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  return {
    pid: child.pid ?? 0,
    output: () => texts.both,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    async printed(pattern, milliseconds) {
      const seen = Promise.withResolvers<void>();
      const look = () => pattern.test(texts.both) && seen.resolve();
      const fail = (what: string) => seen.reject(new Error(`${what} before ${pattern} was printed:\n${texts.both}`));
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
    signal(name) {
      child.kill(name);
    },
    signalGroup,
    ended: closed.then(([code]) => code),
    async close() {
      signalGroup('SIGKILL');
      await closed;
    },
  };
}
