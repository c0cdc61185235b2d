import { awaitCode, type GivenCode } from '../codes/await-code.ts';
import type { EarlyMailbox, MailboxSnapshot } from '../codes/early-mailbox.ts';
import { type IssuedCode, nextCode, nextRecoveryCode } from '../codes/issue-code.ts';
import { maskIdentifier } from '../codes/mask.ts';
import { pullCode } from '../codes/pull-code.ts';
import { refusedMails } from '../codes/refused-mails.ts';
import { codeOwner, sentTo } from '../codes/sent-to.ts';
import { stepOfCode } from '../codes/totp.ts';
import { watchMailbox } from '../codes/watch-mailbox.ts';
import type { CodeAnswer, CodeQuestion, LoginTask } from '../login/ports.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { Credential, Run } from '../storage/rows.ts';
import type { MailboxSecret } from '../vaults/vault.ts';
import type { Awaiting } from './run.ts';
import type { RunServices } from './run-services.ts';

/** Beyond this the site's clock is believed more than ours: a code is of the site's time. */
const CLOCK_SLACK_MS = 2_000;

/** From here on the last recovery codes are worth a warning. */
const FEW_LEFT = 3;

/** A run's second factor as main knows it. */
export interface CodeSource {
  seed: string | null;
  /** In the order they are used; empty when they may not be. */
  recoveryCodes: readonly string[];
  totpUrl: string | null;
  mailbox: MailboxSecret | null;
  /** How far the mailbox had come before anything was submitted, and the mailbox where it is open. */
  snapshot: MailboxSnapshot | null;
  early: EarlyMailbox | null;
}

/** What the run is told around a wait. */
export interface CodeHooks {
  signal: AbortSignal;
  onWait(awaiting: Omit<Awaiting, 'since'>): Promise<void>;
  /** Why there is no code yet, in words without a secret. */
  onTrouble(text: string): void;
  /** Told of secrets that came up on the way, before they are used. */
  onSecrets(secrets: readonly string[]): void;
}

/** Where a run's code comes from: its seed, the inbox, the customer's endpoint, or a mailbox. */
export class RunCodes {
  readonly #services: RunServices;
  readonly #db: OrganizationDb;
  readonly #run: Run;
  readonly #credential: Credential;
  #issued: { seed: string; code: string; at: number } | null = null;

  constructor(services: RunServices, db: OrganizationDb, run: Run, credential: Credential) {
    this.#services = services;
    this.#db = db;
    this.#run = run;
    this.#credential = credential;
  }

  async next(question: CodeQuestion, source: CodeSource, hooks: CodeHooks): Promise<CodeAnswer> {
    if (question.recovery) return (await this.#recover(source.recoveryCodes, [])) ?? { missing: true, notes: [] };
    if (source.seed !== null && question.kind === 'code') return this.#fromSeed(question, source.seed, hooks);
    const answer: CodeAnswer = arrives(this.#credential, source.totpUrl)
      ? await this.#arriving(question, source, hooks)
      : { missing: true, notes: [] };
    if ('code' in answer || source.recoveryCodes.length === 0 || question.kind !== 'code') return answer;
    return (await this.#recover(source.recoveryCodes, answer.notes)) ?? answer;
  }

  /** No other code came, and the credential says that its recovery codes may be used. Null when they are used up. */
  async #recover(codes: readonly string[], notes: readonly string[]): Promise<CodeAnswer | null> {
    const { dataKeys } = this.#services;
    const found = await nextRecoveryCode(dataKeys, this.#db, {
      credentialId: this.#credential.id,
      codes,
      runId: this.#run.id,
    });
    if (!found) return null;
    await this.#db.credential.updateMany({
      where: { id: this.#credential.id },
      data: { recovery_codes_left: found.left },
    });
    const warning = found.left <= FEW_LEFT ? ' Make new ones at the site and update the credential.' : '';
    const left = `${found.left} of the ${codes.length} recovery codes ${found.left === 1 ? 'is' : 'are'} left.`;
    return { code: found.code, recovery: true, notes: [...notes, `A recovery code was used; ${left}${warning}`] };
  }

  async #fromSeed(question: CodeQuestion, seed: string, hooks: CodeHooks): Promise<CodeAnswer> {
    const seen = question.clock_offset_ms ?? 0;
    const offset = Math.abs(seen) > CLOCK_SLACK_MS ? seen : 0;
    const issued: IssuedCode = await nextCode(this.#services.dataKeys, this.#db, {
      seed,
      runId: this.#run.id,
      clockOffsetMs: offset,
      signal: hooks.signal,
      onWait: (until) =>
        hooks.onWait({ kind: 'code', channel: 'authenticator', identifier: null, deadline: until.toISOString() }),
    });
    this.#issued = { seed, code: issued.code, at: Date.now() };
    const ahead = offset > 0 ? 'ahead of' : 'behind';
    const notes =
      offset === 0
        ? []
        : [`The site's clock is ${Math.round(Math.abs(offset) / 1000)} s ${ahead} ours; the code is of its time.`];
    return { code: issued.code, notes };
  }

  async #arriving(question: CodeQuestion, source: CodeSource, hooks: CodeHooks): Promise<CodeAnswer> {
    const { config, storage, dataKeys, client, mailboxTokens } = this.#services;
    const { totpUrl, mailbox, snapshot, early } = source;
    const identifier = sentTo(this.#credential);
    const deadline = Date.now() + config.codeTimeoutSeconds * 1000;
    const channel = totpUrl !== null ? 'url' : this.#credential.totp_type === 'text' ? 'text' : 'email';
    await hooks.onWait({
      kind: question.kind,
      channel,
      identifier: identifier === null ? null : maskIdentifier(identifier),
      deadline: new Date(deadline).toISOString(),
    });
    const notes: string[] = [];
    const done = new AbortController();
    const signal = AbortSignal.any([hooks.signal, done.signal]);
    const wish = {
      runId: this.#run.id,
      workflowId: this.#run.workflow_id,
      identifier,
      otpType: question.kind === 'code' ? 'totp' : 'magic_link',
      codesFrom: this.#run.codes_from ?? new Date(question.since),
      milliseconds: config.codeTimeoutSeconds * 1000,
      signal,
    } as const;
    const ways: Promise<GivenCode | null>[] = [awaitCode(dataKeys, this.#db, storage.bus, wish)];
    const fetched = {
      ...wish,
      identifier: codeOwner(this.#credential),
      expiresAt: new Date(deadline + config.codeLifespanSeconds * 1000),
      onTrouble: (text: string) => {
        notes.push(text);
        hooks.onTrouble(text);
      },
      onSecrets: (secrets: readonly string[]) => hooks.onSecrets(secrets),
    };
    if (totpUrl !== null) ways.push(pullCode({ dataKeys, client }, this.#db, { ...fetched, url: totpUrl }));
    if (mailbox !== null) {
      const watch = { ...fetched, mailbox, snapshot, early, codesFromGiven: this.#run.codes_from !== null };
      ways.push(watchMailbox({ dataKeys, client, mailboxTokens }, this.#db, watch));
    }
    try {
      const given = await Promise.race(ways);
      notes.push(...(await refusedMails(this.#db, this.#run.id)));
      if (given === null) return { timed_out: true, notes };
      this.#services.metrics.codeArrived(this.#run.id, channel, given.row.created_at);
      return { code: given.code, notes: [...notes, ...howItCame(given)] };
    } finally {
      done.abort();
      await Promise.allSettled(ways);
    }
  }

  /**
   * Why a code of the seed was refused, as far as it can be told without trying another: looked for among the codes that
   * the site's clock would take. Null when it was no code of a seed, or the site's clock did not show.
   */
  explainRefusal(clockOffsetMs: number | null): Record<string, unknown> | null {
    const issued = this.#issued;
    if (!issued || clockOffsetMs === null) return null;
    const siteTime = issued.at + clockOffsetMs;
    const inTime = stepOfCode(issued.seed, issued.code, siteTime) === 0;
    if (inTime || Math.abs(clockOffsetMs) <= CLOCK_SLACK_MS) return { cause: 'seed' };
    return { cause: 'clock', clock_offset_seconds: Math.round(clockOffsetMs / 1000) };
  }
}

/** Whether codes can come from outside for this credential. */
function arrives(credential: Credential, totpUrl: string | null): boolean {
  return totpUrl !== null || credential.totp_type === 'email' || credential.totp_type === 'text';
}

/** The ways a code can be had for this credential, the best first. An endpoint may know any code. */
export function codeWays(credential: Credential, totpUrl: string | null): LoginTask['code_ways'] {
  const type = credential.totp_type as LoginTask['totp_type'];
  const named = type === 'none' ? [] : [type];
  const any = type === 'none' && totpUrl !== null ? (['text', 'email', 'authenticator'] as const) : [];
  return [...named, ...any, ...(credential.use_recovery_codes ? (['recovery'] as const) : [])];
}

function howItCame({ row }: GivenCode): string[] {
  const sender = {
    pass: 'The sender of the mail is confirmed (DKIM, SPF, DMARC).',
    none: 'Nothing is known of whether the mail is from whom it says (DKIM, SPF, DMARC).',
  };
  const verdict = sender[row.sender_verdict as keyof typeof sender];
  return [wayOf(row), ...(verdict === undefined ? [] : [verdict])];
}

function wayOf(row: GivenCode['row']): string {
  const from = row.source === null ? '' : ` (${row.source})`;
  const others = row.waiting_runs ?? 1;
  if (row.matched_by === 'identifier' && others > 1) {
    return `The code${from} named no run while ${others} runs waited for it; this one had waited longest.`;
  }
  const named = { run: 'this run', workflow: 'its workflow', identifier: "the account's address" };
  return `The code${from} came for ${named[row.matched_by as keyof typeof named] ?? 'this run'}.`;
}
