import { fork } from 'node:child_process';
import { childEnvironment } from '../config.ts';
import { type ErrorCode, KeyturnError } from '../errors.ts';
import { workerEntry } from '../worker-entry.ts';
import type { KeepassEntry } from './keepass-entry.ts';
import type { VaultItem } from './vault.ts';

/** A file and what opens it; the file and the key file in base64. */
export interface KeepassConfig {
  file: string;
  password: string | null;
  key_file: string | null;
}

/** One item, or every entry. `itemId` null: whether the file opens at all. */
export type KeepassQuestion = KeepassConfig & ({ itemId: string | null } | { everything: true });

export type KeepassAnswer =
  | { item: VaultItem | null }
  | { entries: KeepassEntry[] }
  | { failure: { code: ErrorCode; detail: string } };

const MAX_HEAP_MB = 512;

let last: Promise<unknown> = Promise.resolve();

/** The item that is asked for; null where none is. Throws like `answerOf`. */
export async function askKeepass(
  question: KeepassConfig & { itemId: string | null },
  signal: AbortSignal,
): Promise<VaultItem | null> {
  const answer = await answerOf(question, signal);
  return 'item' in answer ? answer.item : null;
}

/** Every entry of a file but those in its recycle bin. Throws like `answerOf`. */
export async function listKeepass(config: KeepassConfig, signal: AbortSignal): Promise<KeepassEntry[]> {
  const answer = await answerOf({ ...config, everything: true }, signal);
  return 'entries' in answer ? answer.entries : [];
}

/**
 * Opens a KeePass file in a process of its own, which ends with the answer: deriving its key takes a second and up to a
 * quarter of a gigabyte, a hostile file would like more of both, and a process can be killed in the middle of it. One at
 * a time. Throws what the reading threw, and `vault_failed` when the signal or the limit of memory ended it.
 */
async function answerOf(
  question: KeepassQuestion,
  signal: AbortSignal,
): Promise<Exclude<KeepassAnswer, { failure: unknown }>> {
  const before = last;
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  last = done;
  try {
    await turn(before, signal);
    const answer = await ask(question, signal);
    if (!('failure' in answer)) return answer;
    throw new KeyturnError(answer.failure.code, { detail: answer.failure.detail });
  } finally {
    // Who gives up while waiting leaves the turn to those behind only when those before are done.
    void before.finally(finish);
  }
}

async function turn(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(late());
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    await Promise.race([over, before]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function late(): KeyturnError {
  return new KeyturnError('vault_failed', { detail: 'The KeePass file was not opened in time.' });
}

function exhausted(): KeyturnError {
  const detail =
    'The KeePass file was not read: the reading ended by itself, as it does when it takes too much memory.';
  return new KeyturnError('vault_failed', { detail });
}

async function ask(question: KeepassQuestion, signal: AbortSignal): Promise<KeepassAnswer> {
  const child = fork(workerEntry('keepass-reader'), {
    env: childEnvironment(),
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal,
    killSignal: 'SIGKILL',
  });
  try {
    return await new Promise<KeepassAnswer>((resolve, reject) => {
      const ended = () => reject(signal.aborted ? late() : exhausted());
      child.once('message', (answer) => resolve(answer as KeepassAnswer));
      child.once('error', ended);
      child.once('exit', ended);
      // It may have ended already, which is told by its exit.
      child.send(question, () => undefined);
    });
  } finally {
    child.kill('SIGKILL');
  }
}
