import { setTimeout as delay } from 'node:timers/promises';
import { CallFailed, type GuardedAnswer, type GuardedClient } from '../egress/guarded-client.ts';
import { KeyturnError } from '../errors.ts';
import { Scrubber } from '../scrub.ts';

/** A vault that does not answer within this many milliseconds has failed; the caller's signal is as long. */
export const VAULT_LIMIT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Where a busy vault names no time. */
const FIRST_PAUSE_MS = 500;
/** More calls than this are not made in one operation, however patient the vault wants us. */
const MAX_CALLS = 5;
const MAX_MESSAGE = 200;

export interface VaultRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Values that must not be in an error: tokens, and what is being stored. */
  secrets: readonly string[];
  signal: AbortSignal;
  /** What an answer other than success means here: a value instead of it, an error thrown, or undefined: as ever. */
  means?: (answer: GuardedAnswer) => unknown;
}

/** A request as it is sent. */
export interface PlainRequest {
  method: VaultRequest['method'];
  url: string;
  headers: Record<string, string>;
  text?: string;
  signal: AbortSignal;
}

/**
 * A call to a vault's HTTP service; the answer is JSON, or null where it has no body. Throws `not_found` for 404,
 * `vault_refused` for 401 and 403, `vault_busy`, and `vault_failed` with the vault's own words for anything else.
 */
export async function callVault(client: GuardedClient, title: string, request: VaultRequest): Promise<unknown> {
  const { method, url, headers = {}, body, signal } = request;
  const answer = await askPatiently(client, title, {
    method,
    url,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { text: JSON.stringify(body) }),
    signal,
  });
  if (answer.status >= 200 && answer.status < 300) return json(title, answer);
  const meaning = request.means?.(answer);
  if (meaning !== undefined) return meaning;
  throw refusal(title, answer, request.secrets);
}

/**
 * The answer of a vault, of any status. A vault that is busy (429, or 503 with Retry-After: RFC 9110 §10.2.3) was not
 * given the request yet, so it is asked again, after the time it names, while the signal lasts. Throws `vault_busy`
 * where that is too late, `vault_failed` where there is no answer.
 */
export async function askPatiently(
  client: GuardedClient,
  title: string,
  request: PlainRequest,
): Promise<GuardedAnswer> {
  for (let calls = 1; ; calls += 1) {
    const answer = await send(client, title, request);
    const wait = busyFor(answer, calls);
    if (wait === null) return answer;
    if (calls >= MAX_CALLS) throw busy(title, wait);
    await pause(title, wait, request.signal);
  }
}

/** Whether a call finds what it is about: `not_found` is false, any other error stays one. */
export async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'not_found') return false;
    throw error;
  }
}

async function send(client: GuardedClient, title: string, request: PlainRequest): Promise<GuardedAnswer> {
  const { method, url, headers, text, signal } = request;
  try {
    return await client.call(url, {
      method,
      headers,
      ...(text !== undefined && { body: text }),
      timeoutMs: VAULT_LIMIT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      secret: true,
      vault: true,
      signal,
    });
  } catch (error) {
    if (error instanceof CallFailed) {
      throw new KeyturnError('vault_failed', { detail: `${title} could not be asked: ${error.message}.` });
    }
    throw new KeyturnError('vault_failed', { detail: `${title} did not answer in time.` });
  }
}

/** Milliseconds a busy vault wants to be left alone; null: it is not busy. */
function busyFor({ status, headers }: GuardedAnswer, calls: number): number | null {
  const named = headers['retry-after'];
  if (status !== 429 && !(status === 503 && named !== undefined)) return null;
  const seconds = typeof named === 'string' && /^\d+$/.test(named) ? Number(named) : null;
  const until = typeof named === 'string' && seconds === null ? Date.parse(named) - Date.now() : Number.NaN;
  if (seconds !== null) return seconds * 1000;
  return Number.isNaN(until) ? FIRST_PAUSE_MS * 2 ** (calls - 1) : Math.max(0, until);
}

function busy(title: string, waitMs: number): KeyturnError {
  return new KeyturnError('vault_busy', {
    detail: `${title} asks to be left alone for a while.`,
    retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}

/** A wait that is longer than there is time for is told at once. */
async function pause(title: string, waitMs: number, signal: AbortSignal): Promise<void> {
  if (waitMs >= VAULT_LIMIT_MS) throw busy(title, waitMs);
  try {
    await delay(waitMs, undefined, { signal });
  } catch {
    throw busy(title, waitMs);
  }
}

/** The JSON of an answer; null: it has no body. */
export function json(title: string, { text }: GuardedAnswer): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new KeyturnError('vault_failed', { detail: `${title} answered with something that is not JSON.` });
  }
}

/** What an answer that is no success means. */
export function refusal(title: string, answer: GuardedAnswer, secrets: readonly string[]): KeyturnError {
  const { status } = answer;
  if (status === 404) return new KeyturnError('not_found', { detail: `${title} has no such item.` });
  const words = vaultWords(answer.text, secrets);
  const said = words === null ? `${title} answered ${status}.` : `${title} answered ${status}: “${words}”`;
  if (status === 401 || status === 403) return new KeyturnError('vault_refused', { detail: said });
  return new KeyturnError('vault_failed', { detail: said });
}

/** The vault's own words in an error answer, without the secrets; null: none that can be quoted. */
export function vaultWords(text: string, secrets: readonly string[]): string | null {
  const words = messageIn(text);
  return words === null ? null : cleanWords(words, secrets);
}

/** Somebody else's words as they may be quoted: without the secrets, in one line, bounded; null: nothing is left. */
export function cleanWords(words: string, secrets: readonly string[]): string | null {
  const scrubber = new Scrubber();
  scrubber.add('call', secrets);
  const clean = scrubber.scrub(words).replace(/\s+/g, ' ').trim();
  return clean === '' ? null : clean.slice(0, MAX_MESSAGE);
}

function messageIn(text: string): string | null {
  try {
    return firstText(JSON.parse(text), 0);
  } catch {
    return null;
  }
}

/** `message`, `error`, `errors`, `detail` of the shapes services answer with, also one below another. */
function firstText(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value;
  if (depth > 3 || typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return firstText(value[0], depth + 1);
  const members = value as Record<string, unknown>;
  for (const name of ['message', 'detail', 'error_description', 'error', 'errors']) {
    const found = firstText(members[name], depth + 1);
    if (found !== null) return found;
  }
  return null;
}
