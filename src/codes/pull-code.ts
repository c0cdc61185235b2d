import { setTimeout as sleep } from 'node:timers/promises';
import { CallFailed, type GuardedAnswer, type GuardedClient } from '../egress/guarded-client.ts';
import { signatureHeaders } from '../signing/sign.ts';
import { signingSecrets } from '../signing/signing-secret-store.ts';
import type { OrganizationDb } from '../storage/db.ts';
import { claimDirectly, type GivenCode } from './await-code.ts';
import type { CodeKeys } from './code-store.ts';
import { findCode, type OtpType } from './extract/find-code.ts';

/** An endpoint may hold its answer until there is a code. */
const CALL_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Pauses between two questions: short at first, because a code that is sent is sent soon. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export interface PullServices {
  dataKeys: CodeKeys;
  client: GuardedClient;
}

export interface PullRequest {
  url: string;
  runId: string;
  workflowId: string;
  /** Whose codes these are, to know one that came before. */
  identifier: string;
  otpType: OtpType;
  /** Until when the code counts as used. */
  expiresAt: Date;
  signal: AbortSignal;
  /** Told, in words without a secret, why there is no code yet; each reason once. */
  onTrouble: (text: string) => void;
}

/** The code of an answer; null while there is none. */
function codeIn({ status, text }: GuardedAnswer, otpType: OtpType): string | null {
  if (status < 200 || status > 299 || text.trim() === '') return null;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof answer !== 'object' || answer === null || !('verification_code' in answer)) return null;
  const { verification_code: code } = answer;
  if (typeof code !== 'string' && typeof code !== 'number') return null;
  return findCode(String(code), { type: otpType })?.code ?? null;
}

/** How long to wait before asking again: what the endpoint says (RFC 9110 §10.2.3), else `pause`. */
function pauseAfter(answer: GuardedAnswer | null, pause: number): number {
  const seconds = Number(answer?.headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, 60_000) : pause;
}

/**
 * Asks the customer's endpoint, with signed calls, until it has a code that the account has not used yet. Goes on until
 * the signal fires, and throws its reason.
 */
export async function pullCode(services: PullServices, db: OrganizationDb, pull: PullRequest): Promise<GivenCode> {
  const { runId, workflowId, signal } = pull;
  const body = JSON.stringify({ task_id: runId, workflow_run_id: runId, workflow_permanent_id: workflowId });
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (!told.has(text)) pull.onTrouble(text);
    told.add(text);
  };
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    const answer = await ask(services, db, pull.url, body, signal, tell);
    const code = answer ? codeIn(answer, pull.otpType) : null;
    if (code !== null) {
      const given = await claimDirectly(services.dataKeys, db, { ...pull, code, source: 'url' });
      if (given) return given;
      tell('The endpoint for codes answered with one that was used before.');
    } else if (answer && (answer.status < 200 || answer.status > 299)) {
      tell(`The endpoint for codes answered ${answer.status}.`);
    }
    await sleep(pauseAfter(answer, pause), undefined, { signal });
  }
}

async function ask(
  services: PullServices,
  db: OrganizationDb,
  url: string,
  body: string,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<GuardedAnswer | null> {
  const secrets = await signingSecrets(services.dataKeys, db);
  try {
    return await services.client.call(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...signatureHeaders(secrets, body, Math.floor(Date.now() / 1000)),
      },
      body,
      timeoutMs: CALL_MS,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
    });
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    tell(`The endpoint for codes could not be asked: ${error.message}.`);
    return null;
  }
}
