import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** `locked` and `disabled` refuse the right password too; `password_expired` asks for a new one after it. */
export type AccountState = 'ok' | 'locked' | 'disabled' | 'password_expired';

export interface PracticeAccount {
  username: string;
  password: string;
  /** Base32 seed: every kind of page with steps then asks for a code (SHA-1, 6 digits, 30 s). */
  totp?: string;
  /** Instead of a seed: an address or number that a fresh code is sent to after the right password. */
  codeTo?: string;
  /** Codes that are good once each, in place of the other code. */
  recoveryCodes?: readonly string[];
  state?: AccountState;
  /** Shown when signed in; the username when left out. */
  displayName?: string;
  /** Answer to the security question. Without one no answer is right. */
  answer?: string;
}

/** Why the site says no. `minutes` is what is left of a lock. */
export type Refusal =
  | { because: 'wrong' | 'wrong_code' | 'disabled' | 'unknown' | 'wrong_answer' }
  | { because: 'locked'; minutes: number };

const WRONG_ATTEMPTS = 3;
const LOCK_MS = 15 * 60_000;
const PERIOD_S = 30;

interface Entry {
  account: PracticeAccount;
  wrong: number;
  lockedUntil: number;
  /** The last time step whose code was accepted (RFC 6238 §5.2: never accept one twice). */
  lastStep: number;
  /** The code sent last, until it was used. */
  sentCode: string | null;
  usedRecoveryCodes: Set<string>;
}

/** Equal in constant time, whatever the lengths. */
export function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

const fold = (username: string) => username.trim().toLowerCase();

/** The accounts and the one place that judges a password, a code or an answer. Three wrong ones lock for 15 minutes. */
export class AccountBook {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  readonly #swapped: boolean;
  readonly #codeWindow: number;

  /** `swapped`: passwords are judged the wrong way round. `codeWindow`: neighbouring time steps whose codes are taken. */
  constructor(accounts: readonly PracticeAccount[], now: () => number, { swapped = false, codeWindow = 1 } = {}) {
    this.#now = now;
    this.#swapped = swapped;
    this.#codeWindow = codeWindow;
    for (const account of accounts) this.set(account);
  }

  /** Adds an account, or replaces the one of the same name; either way it starts with a clean sheet. */
  set(account: PracticeAccount): void {
    this.#entries.set(fold(account.username), {
      account,
      wrong: 0,
      lockedUntil: 0,
      lastStep: 0,
      sentCode: null,
      usedRecoveryCodes: new Set(),
    });
  }

  /** Changes a password without touching attempts or locks. Throws when there is no such account. */
  setPassword(username: string, password: string): void {
    const entry = this.#entries.get(fold(username));
    if (!entry) throw new Error(`The practice site has no account "${username}"`);
    const state = entry.account.state === 'password_expired' ? 'ok' : entry.account.state;
    entry.account = { ...entry.account, password, state };
  }

  get(username: string): PracticeAccount | null {
    return this.#entries.get(fold(username))?.account ?? null;
  }

  all(): PracticeAccount[] {
    return [...this.#entries.values()].map(({ account }) => account);
  }

  /** Minutes until a lock ends, 15 for an account locked from the start, null when it is open. */
  lockedFor(username: string): number | null {
    const entry = this.#entries.get(fold(username));
    if (!entry) return null;
    if (entry.account.state === 'locked') return LOCK_MS / 60_000;
    const left = entry.lockedUntil - this.#now();
    return left > 0 ? Math.ceil(left / 60_000) : null;
  }

  /** Null when the password is right. An unknown username looks like a wrong password. */
  checkPassword(username: string, password: string): Refusal | null {
    return this.#judge(username, 'wrong', ({ account }) => sameText(account.password, password));
  }

  /** For a proof that is not the password itself, such as a digest: `right` says whether it was good. */
  checkProof(username: string, right: (password: string) => boolean): Refusal | null {
    return this.#judge(username, 'wrong', ({ account }) => right(account.password));
  }

  /** Makes the code that is sent to an account: good once, until the next one. Null for an account without an address. */
  sendCode(username: string): { to: string; code: string } | null {
    const entry = this.#entries.get(fold(username));
    if (!entry?.account.codeTo) return null;
    entry.sentCode = String(randomInt(1_000_000)).padStart(6, '0');
    return { to: entry.account.codeTo, code: entry.sentCode };
  }

  /** Null when the code is the one that was sent, or of this step or a neighbour and later than any accepted before. */
  checkCode(username: string, code: string): Refusal | null {
    return this.#judge(username, 'wrong_code', (entry) => {
      if (entry.account.codeTo) {
        const right = entry.sentCode !== null && sameText(entry.sentCode, code.replace(/\s/g, ''));
        if (right) entry.sentCode = null;
        return right;
      }
      if (!entry.account.totp) return false;
      const totp = new TOTP({ secret: Secret.fromBase32(entry.account.totp), period: PERIOD_S });
      const timestamp = this.#now();
      const delta = totp.validate({ token: code.replace(/\s/g, ''), timestamp, window: this.#codeWindow });
      if (delta === null) return false;
      const step = Math.floor(timestamp / 1000 / PERIOD_S) + delta;
      if (step <= entry.lastStep) return false;
      entry.lastStep = step;
      return true;
    });
  }

  /** Null when it is one of the account's recovery codes and was not used before. */
  checkRecoveryCode(username: string, code: string): Refusal | null {
    return this.#judge(username, 'wrong_code', ({ account, usedRecoveryCodes }) => {
      const right = account.recoveryCodes?.includes(code) === true && !usedRecoveryCodes.has(code);
      if (right) usedRecoveryCodes.add(code);
      return right;
    });
  }

  checkAnswer(username: string, answer: string): Refusal | null {
    return this.#judge(username, 'wrong_answer', ({ account }) => sameText(fold(account.answer ?? ''), fold(answer)));
  }

  /** Forgets wrong attempts: called at a finished sign-in. */
  succeeded(username: string): void {
    const entry = this.#entries.get(fold(username));
    if (entry) entry.wrong = 0;
  }

  #judge(username: string, because: 'wrong' | 'wrong_code' | 'wrong_answer', right: (entry: Entry) => boolean) {
    const entry = this.#entries.get(fold(username));
    if (!entry) return { because };
    const minutes = this.lockedFor(username);
    if (minutes !== null) return { because: 'locked', minutes } as const;
    if (entry.account.state === 'disabled') return { because: 'disabled' } as const;
    const passes = right(entry) !== (this.#swapped && because === 'wrong');
    if (passes) return null;
    entry.wrong += 1;
    if (entry.wrong < WRONG_ATTEMPTS) return { because };
    entry.wrong = 0;
    entry.lockedUntil = this.#now() + LOCK_MS;
    return { because: 'locked', minutes: LOCK_MS / 60_000 } as const;
  }
}
