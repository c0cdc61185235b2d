import { codeAt, periodOf } from '../codes/totp.ts';
import type { PasswordSecret } from '../credentials/credential.ts';
import { secretsOfLink } from '../login/link-secrets.ts';
import type { SessionState } from '../login/outcome.ts';
import { secretTexts } from '../vaults/secret-texts.ts';

/** A cookie this short is a flag, and would blot out common words. */
const SHORTEST_COOKIE = 12;
/** Elsewhere in a site's storage lie words and settings: only what no word looks like is taken for a token. */
const TOKEN = /^(?=.*\d)(?=.*[A-Za-z])[\w.~+/=:-]{16,}$/;
/** A storage that holds more is made to; what opens a session comes early. */
const MAX_TOKENS = 200;

/** What a run knows that must not be told. */
export interface RunKnowledge {
  /** What the vault gave; null: not asked yet. */
  secret: PasswordSecret | null;
  /** Secret addresses: where the run begins, a link that was mailed. */
  links: readonly string[];
  /** Codes that were handed out or came. */
  codes: readonly string[];
  /** The session the run starts from, and the one it won. */
  sessions: readonly SessionState[];
  /** The times (Unix milliseconds) whose codes of the seed are known, each with the one before and after. */
  times: readonly number[];
}

/** Every secret of a run, each once. Forms of them (encodings, digests) are the scrubber's to make. */
export function sensitiveValuesFor({ secret, links, codes, sessions, times }: RunKnowledge): string[] {
  const values = [
    ...(secret === null ? [] : valuesOf(secret, times)),
    ...links.flatMap(secretsOfLink),
    ...codes,
    ...sessions.flatMap(tokensOf),
  ];
  return [...new Set(values)].filter((value) => value !== '');
}

function valuesOf(secret: PasswordSecret, times: readonly number[]): string[] {
  const { username, password, totp, recovery_codes = [], passkey } = secret;
  return [
    ...secretTexts(secret),
    // RFC 7617 §2: the two are encoded as one text, whose end depends on where the password begins.
    ...(username === '' || password === '' ? [] : [Buffer.from(`${username}:${password}`).toString('base64')]),
    ...(totp === null ? [] : times.flatMap((time) => codesAround(totp, time))),
    ...recovery_codes.map((code) => code.replace(/[\s-]/g, '')),
    ...(passkey ? [Buffer.from(passkey.private_key, 'base64url').toString('base64')] : []),
  ];
}

function codesAround(seed: string, time: number): string[] {
  const step = periodOf(seed) * 1000;
  return [time - step, time, time + step].map((at) => codeAt(seed, at));
}

/** What opens a session: its cookies, and the tokens in its local, indexed and tab storage. */
function tokensOf({ storage_state: state, session_storage }: SessionState): string[] {
  const { cookies, ...rest } = isRecord(state) ? state : { cookies: [] };
  const values = (Array.isArray(cookies) ? cookies : []).map((cookie: unknown) =>
    isRecord(cookie) && typeof cookie.value === 'string' ? cookie.value : '',
  );
  const long = values.filter((value) => value.length >= SHORTEST_COOKIE);
  return [...long, ...tokensIn([rest, session_storage])].slice(0, MAX_TOKENS);
}

/** Tokens in what a site stored, also inside JSON that it stored as a text. */
function* tokensIn(value: unknown, depth = 0): Generator<string> {
  if (depth > 32) return;
  if (typeof value === 'string') {
    if (TOKEN.test(value)) yield value;
    else if (/^\s*[[{"]/.test(value)) yield* tokensIn(parsed(value), depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* tokensIn(inner, depth + 1);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
