import { setTimeout as sleep } from 'node:timers/promises';
import { aborted } from '../aborted.ts';
import type { OrganizationDb } from '../storage/db.ts';
import type { MailboxSecret } from '../vaults/vault.ts';
import { claimDirectly, type GivenCode } from './await-code.ts';
import type { CodeKeys } from './code-store.ts';
import type { EarlyMailbox, MailboxSnapshot } from './early-mailbox.ts';
import type { OtpType } from './extract/find-code.ts';
import { codeInMail, isFrom, readMail } from './mail-message.ts';
import type { MailboxConnection, MailHead } from './mailbox-connection.ts';
import { troubleOf } from './mailbox-trouble.ts';
import { type MailboxServices, openMailbox } from './open-mailbox.ts';

/** Connections of one wait, at most. */
const MAX_CONNECTIONS = 30;
/** Pauses between two of them. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/**
 * Where the folder was not open before the challenge, mail that lies there already is told from older mail by the
 * server's clock alone, which says full seconds and may differ from ours by this much. Wider, and the code of the
 * challenge before would be taken.
 */
const PRESENT_SLACK_MS = 5_000;
/** Mails that are looked at of what lies there: the rest of a large mailbox need not be searched. */
const LOOK_BACK = 500;
/** More than any UID. */
const NO_UID = 2 ** 32;
/** There, mail that comes afterwards is new unless its date is so old that somebody must have moved it there. */
const MOVED_AGE_MS = 10 * 60_000;

export interface WatchServices extends MailboxServices {
  dataKeys: CodeKeys;
}

export interface MailboxWatch {
  mailbox: MailboxSecret;
  runId: string;
  /** Whose codes these are, to know one that came before. */
  identifier: string;
  otpType: OtpType;
  /** Mail that arrived earlier belongs to an earlier challenge. */
  codesFrom: Date;
  /** That moment was named by whoever started the run: mail from before the snapshot counts, by its date. */
  codesFromGiven: boolean;
  /** How far the folder had come before anything was submitted; null: not known. */
  snapshot: MailboxSnapshot | null;
  /** The mailbox as it was opened meanwhile; null: it was not. */
  early: EarlyMailbox | null;
  /** Until when the code counts as used. */
  expiresAt: Date;
  signal: AbortSignal;
  /** Told, in words without a secret, what happened at the mailbox; each thing once. */
  onTrouble: (text: string) => void;
  /** Told what opens the mailbox, before it is used. */
  onSecrets: (secrets: readonly string[]) => void;
}

/** What was looked at so far: kept over a lost connection. */
interface Progress {
  uidValidity: bigint;
  /** Mails from here on came while the run waited or, where that is `certain`, after it had begun to submit. */
  arrivingFrom: number;
  certain: boolean;
  /** The next mail to look at. */
  next: number;
}

/**
 * Watches a mailbox by IMAP until a mail has a code that the account has not used yet. Goes on until the signal fires,
 * and throws its reason; also where the mailbox cannot be read, since the code may come another way.
 */
export async function watchMailbox(
  services: WatchServices,
  db: OrganizationDb,
  watch: MailboxWatch,
): Promise<GivenCode> {
  const { signal } = watch;
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (!told.has(text) && !signal.aborted) watch.onTrouble(text);
    told.add(text);
  };
  const reader = new MailReader(services, db, watch, tell);
  // A look-up of a name cannot be called off; nobody waits for it once the run is over.
  const over = aborted(signal);
  let pause = FIRST_PAUSE_MS;
  for (let attempt = 0; attempt < MAX_CONNECTIONS; attempt += 1) {
    try {
      return await Promise.race([reader.read(attempt), over]);
    } catch (error) {
      signal.throwIfAborted();
      const trouble = troubleOf(error);
      tell(trouble.text);
      if (trouble.final) break;
    }
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
  return over;
}

/** Where to begin in a folder that was just opened. */
function beginningOf({ uidValidity, uidNext }: MailboxConnection, watch: MailboxWatch): Progress {
  const { snapshot, codesFromGiven } = watch;
  const certain = snapshot?.uidValidity === uidValidity;
  const arrivingFrom = (certain ? snapshot?.uidNext : uidNext) ?? NO_UID;
  const lookBack = uidNext === null ? 1 : Math.max(1, uidNext - LOOK_BACK);
  return { uidValidity, arrivingFrom, certain, next: certain && !codesFromGiven ? arrivingFrom : lookBack };
}

class MailReader {
  readonly #services: WatchServices;
  readonly #db: OrganizationDb;
  readonly #watch: MailboxWatch;
  readonly #tell: (text: string) => void;
  #progress: Progress | null = null;

  constructor(services: WatchServices, db: OrganizationDb, watch: MailboxWatch, tell: (text: string) => void) {
    this.#services = services;
    this.#db = db;
    this.#watch = watch;
    this.#tell = tell;
  }

  /** Reads over one connection until there is a code. Throws when the connection is lost. */
  async read(attempt: number): Promise<GivenCode> {
    const { mailbox, signal, early, onSecrets } = this.#watch;
    const connection = await (early?.take() ??
      openMailbox(this.#services, this.#db, mailbox, { attempt, signal, onSecrets }));
    const abort = (): void => connection.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const given = await this.#look(connection);
        if (given) return given;
        await connection.next();
      }
    } finally {
      signal.removeEventListener('abort', abort);
      connection.close();
    }
  }

  /** Looks at what is new, the newest mail first: of two codes the later one is in force. */
  async #look(connection: MailboxConnection): Promise<GivenCode | null> {
    // Other UIDs after a while: the folder was made anew, and what was seen of it says nothing.
    if (this.#progress?.uidValidity !== connection.uidValidity) {
      this.#progress = beginningOf(connection, this.#watch);
    }
    const progress = this.#progress;
    const dated = !progress.certain || progress.next < progress.arrivingFrom;
    const heads = await connection.heads(progress.next, dated ? this.#watch.codesFrom : null);
    for (const head of heads) {
      if (!this.#isNew(head, progress)) continue;
      const given = await this.#codeOf(connection, head);
      if (given) return given;
    }
    // Only now: what was not read because the connection was lost is looked at again.
    progress.next = Math.max(progress.next, ...heads.map(({ uid }) => uid + 1));
    return null;
  }

  #isNew({ uid, receivedAt }: MailHead, { arrivingFrom, certain }: Progress): boolean {
    if (certain && uid >= arrivingFrom) return true;
    const slack = uid >= arrivingFrom ? MOVED_AGE_MS : PRESENT_SLACK_MS;
    return receivedAt.getTime() >= this.#watch.codesFrom.getTime() - slack;
  }

  async #codeOf(connection: MailboxConnection, { uid }: MailHead): Promise<GivenCode | null> {
    const { mailbox, otpType } = this.#watch;
    const raw = await connection.body(uid);
    const mail = raw && (await readMail(raw).catch(() => null));
    if (!mail) return null;
    if (!isFrom(mail.from, mailbox.senders)) {
      this.#tell("A mail that came meanwhile is not from the mailbox's senders; it was not used.");
      return null;
    }
    const found = codeInMail(mail, otpType);
    if (!found) return null;
    if (mail.verdict === 'fail') {
      this.#tell(
        'A mail with a code was not used: the mail server says that it is not from whom it says (DKIM, DMARC).',
      );
      return null;
    }
    const { code } = found;
    const { dataKeys } = this.#services;
    const senderVerdict = mail.verdict;
    const given = await claimDirectly(dataKeys, this.#db, { ...this.#watch, code, source: 'mailbox', senderVerdict });
    if (!given) this.#tell('A mail had a code that was used before.');
    return given;
  }
}
