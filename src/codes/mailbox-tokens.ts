import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { maySendSecret } from '../egress/check-url.ts';
import type { GuardedClient } from '../egress/guarded-client.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { MailboxToken } from '../storage/rows.ts';
import type { Sealer } from '../vaults/data-keys.ts';
import type { MailboxOauth } from '../vaults/vault.ts';
import type { CodeServices } from './issue-code.ts';
import {
  findMailboxToken,
  forgetAccess,
  isGrantHeld,
  oauthKey,
  openTokens,
  releaseRefresh,
  storeTokens,
  storeTrouble,
  type Tokens,
  takeRefresh,
} from './mailbox-token-store.ts';
import { RefreshFailed, refreshAccess } from './refresh-access.ts';

/** An access token must still be good for so long when it is used: the login to the mail server takes a while. */
const MARGIN_MS = 60_000;
/** Whatever an endpoint says, an access token is got anew once a day. */
const LONGEST_SECONDS = 24 * 60 * 60;
/** How often the row is looked at while another process refreshes. */
const LOOK_MS = 100;

export interface TokenServices {
  dataKeys: Sealer & CodeServices;
  client: GuardedClient;
  allowNetworks: readonly string[];
}

/** An access token as it is used. */
export interface Access {
  token: string;
  /** Everything that must not show: the token, and the refresh token in force. */
  secrets: string[];
  /** It was kept from an earlier refresh: the mail server may have stopped taking it meanwhile. */
  kept: boolean;
  /** The mail server refused it: nobody uses it again. */
  refused(): Promise<void>;
}

/**
 * Access tokens for mailboxes. A refresh token is used by one at a time, in this process and in all others: of several
 * uses at once providers refuse all but one, and a token that was replaced already gives the whole family away
 * (RFC 9700 §4.14.2). The others wait for the result, good or bad, and use that. What replaces a refresh token is kept,
 * sealed, before the access token that came with it is used.
 */
export class MailboxTokens {
  readonly #services: TokenServices;
  readonly #pending = new Map<string, Promise<Access>>();
  readonly #closing = new AbortController();

  constructor(services: TokenServices) {
    this.#services = services;
  }

  /** An access token that is good by now. Goes on when the caller stops waiting. Throws RefreshFailed. */
  async access(db: OrganizationDb, oauth: MailboxOauth): Promise<Access> {
    const grantKey = await oauthKey(this.#services.dataKeys, db, oauth);
    const id = `${db.organizationId} ${grantKey}`;
    const pending = this.#pending.get(id) ?? this.#begin(id, () => this.#obtain(db, grantKey, oauth));
    return pending;
  }

  /** Refreshes that are under way come to their end; waiting for another process does not. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#pending.values());
  }

  #begin(id: string, work: () => Promise<Access>): Promise<Access> {
    const pending = work().finally(() => this.#pending.delete(id));
    // Nobody may be waiting any more when it fails.
    pending.catch(() => undefined);
    this.#pending.set(id, pending);
    return pending;
  }

  async #obtain(db: OrganizationDb, grantKey: string, oauth: MailboxOauth): Promise<Access> {
    const first = await findMailboxToken(db, grantKey);
    if (first && (first.access_expires_at?.getTime() ?? 0) > Date.now() + MARGIN_MS) return this.#kept(db, first);
    if (!(await isGrantHeld(db, grantKey))) throw changed(true);
    const round = first?.round ?? 0;
    const holder = randomUUID();
    while (!(await takeRefresh(db, grantKey, holder))) {
      const row = await findMailboxToken(db, grantKey);
      if (row && row.round > round) return this.#kept(db, row);
      await sleep(LOOK_MS, undefined, { signal: this.#closing.signal });
    }
    try {
      const row = await findMailboxToken(db, grantKey);
      if (!row) throw changed(false);
      return row.round > round ? await this.#kept(db, row) : await this.#refresh(db, row, oauth);
    } finally {
      await releaseRefresh(db, grantKey, holder);
    }
  }

  /** What an earlier refresh, or that of another, came to. */
  async #kept(db: OrganizationDb, row: MailboxToken): Promise<Access> {
    if (row.trouble !== null) throw new RefreshFailed(row.trouble, row.trouble_final);
    const tokens = await openTokens(this.#services.dataKeys, db, row);
    if (!tokens) throw changed(false);
    return accessBy(db, { grantKey: row.grant_key, round: row.round }, tokens, true);
  }

  async #refresh(db: OrganizationDb, row: MailboxToken, oauth: MailboxOauth): Promise<Access> {
    const { dataKeys, client, allowNetworks } = this.#services;
    const at = { grantKey: row.grant_key, round: row.round };
    const asked = Date.now();
    try {
      if (!(await maySendSecret(oauth.token_url, allowNetworks, { lookup: client.lookup }))) {
        throw new RefreshFailed('The token endpoint of the mailbox is not https.', true);
      }
      const current = (await openTokens(dataKeys, db, row))?.refresh_token ?? oauth.refresh_token;
      const { accessToken, refreshToken, expiresIn } = await refreshAccess(client, oauth, current);
      const tokens = { access_token: accessToken, refresh_token: refreshToken ?? current };
      const until = expiresIn === null ? null : new Date(asked + Math.min(expiresIn, LONGEST_SECONDS) * 1000);
      if (!(await storeTokens(dataKeys, db, at, tokens, until))) throw changed(false);
      return accessBy(db, { ...at, round: at.round + 1 }, tokens, false);
    } catch (error) {
      if (error instanceof RefreshFailed) await storeTrouble(db, at, error.trouble);
      throw error;
    }
  }
}

function accessBy(db: OrganizationDb, at: { grantKey: string; round: number }, tokens: Tokens, kept: boolean): Access {
  const { access_token: token, refresh_token: refreshToken } = tokens;
  return { token, secrets: [token, refreshToken], kept, refused: () => forgetAccess(db, at) };
}

/** `final`: no credential holds these tokens any more. */
function changed(final: boolean): RefreshFailed {
  return new RefreshFailed('What opens the mailbox was changed meanwhile.', final);
}
