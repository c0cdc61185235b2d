import type { Server } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { KeyturnError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { arrive, type InboxServices } from './arrive.ts';
import { boundedResolver, checkSender, type DnsResolver } from './check-sender.ts';
import { codeInMail, MAX_MAIL_BYTES, readMail } from './mail-message.ts';
import { idInAddress, type MailRecipient, recipientOf } from './mail-recipient.ts';
import type { SenderVerdict } from './sender-verdict.ts';

const MAX_CONNECTIONS = 50;
/** Of one address. */
const MAX_CONNECTIONS_EACH = 10;
const MAX_RECIPIENTS = 5;
/** A client that says nothing for so long is hung up on. */
const SILENCE_MS = 30_000;
/** No conversation takes longer. */
const SESSION_MS = 120_000;
/** What is being said when the service closes may be finished within that. */
const CLOSE_MS = 1_000;

export interface MailReceiverOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  /** What stands behind the @ of addresses for codes. */
  domain: string;
  /** For STARTTLS; null: it is not offered. */
  tls: Pick<TlsOptions, 'cert' | 'key'> | null;
  /** Asked for DKIM, SPF and DMARC records; the machine's own when left out. */
  resolver?: DnsResolver;
}

/** An answer of the protocol that refuses (RFC 5321 §4.2, RFC 3463). */
function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/**
 * Takes mail for runs that wait for a code and for nobody else: `code+<id of a run or credential>@<domain>`. Relays
 * nothing, knows no login, keeps no mail: a code is found while the sender waits, and the rest is forgotten.
 */
export class MailReceiver {
  readonly #services: InboxServices & { log: Logger };
  readonly #domain: string;
  readonly #resolver: DnsResolver;
  readonly #server: SMTPServer;
  readonly #open = new Map<string, { address: string; timer: NodeJS.Timeout }>();

  private constructor(services: InboxServices & { log: Logger }, options: MailReceiverOptions) {
    const { domain, tls, resolver = boundedResolver() } = options;
    this.#services = services;
    this.#domain = domain.toLowerCase();
    this.#resolver = resolver;
    this.#server = new SMTPServer({
      ...tls,
      name: this.#domain,
      banner: 'Keyturn',
      size: MAX_MAIL_BYTES,
      disabledCommands: tls === null ? ['AUTH', 'STARTTLS'] : ['AUTH'],
      authOptional: true,
      disableReverseLookup: true,
      logger: false,
      maxClients: MAX_CONNECTIONS,
      maxRecipients: MAX_RECIPIENTS,
      socketTimeout: SILENCE_MS,
      closeTimeout: CLOSE_MS,
      onConnect: (session, done) => done(this.#admit(session)),
      onClose: (session) => this.#forget(session),
      onRcptTo: ({ address }, _session, done) => {
        this.#recipient(address).then(
          (found) => done(found ? null : refusal(550, '5.1.1 Nobody expects mail at this address')),
          (error: unknown) => done(this.#failed(error)),
        );
      },
      onData: (stream, session, done) => {
        this.#receive(stream, session).then(
          (answer) => done(null, answer),
          (error: unknown) => done(error instanceof Error && 'responseCode' in error ? error : this.#failed(error)),
        );
      },
    });
    // Of one connection: the client went away, or sent what is no mail. The others are not concerned.
    this.#server.on('error', (err) => services.log.debug({ err }, 'a mail connection failed'));
  }

  /** Starts to listen. Throws `port_in_use`. */
  static async start(services: InboxServices & { log: Logger }, options: MailReceiverOptions): Promise<MailReceiver> {
    const receiver = new MailReceiver(services, options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const server: Server = receiver.#server.listen(options.port, options.host, resolve);
    server.once('error', reject);
    try {
      await promise;
    } catch (error) {
      throw new KeyturnError('port_in_use', {
        detail: `The port ${options.port} at ${options.host} cannot be listened on; choose another with KEYTURN_SMTP_PORT.`,
        cause: error,
      });
    }
    return receiver;
  }

  get port(): number {
    const address = this.#server.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
    for (const { timer } of this.#open.values()) clearTimeout(timer);
  }

  #admit(session: SMTPServerSession): Error | null {
    const { id, remoteAddress: address } = session;
    const same = [...this.#open.values()].filter((other) => other.address === address).length;
    if (same >= MAX_CONNECTIONS_EACH) return refusal(421, '4.7.0 Too many connections from this address');
    const timer = setTimeout(() => this.#hangUp(id), SESSION_MS);
    this.#open.set(id, { address, timer });
    return null;
  }

  #hangUp(id: string): void {
    for (const connection of this.#server.connections) if (connection.id === id) connection.close();
  }

  #forget({ id }: SMTPServerSession): void {
    clearTimeout(this.#open.get(id)?.timer);
    this.#open.delete(id);
  }

  async #recipient(address: string): Promise<MailRecipient | null> {
    const id = idInAddress(address, this.#domain);
    return id === null ? null : recipientOf(this.#services.storage.database, id);
  }

  /** Reads the mail and gives its code to whom it is for. Returns what the client is told. */
  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const raw = await readAll(stream);
    if (raw === null) throw refusal(552, '5.3.4 The mail is too large');
    const { mailFrom, rcptTo } = session.envelope;
    const sender = mailFrom === false ? '' : mailFrom.address;
    const envelope = { ip: session.remoteAddress, helo: session.hostNameAppearsAs, sender };
    const mail = await readMail(raw).catch(() => {
      throw refusal(554, '5.6.0 This is no mail');
    });
    const found = codeInMail(mail);
    // Whoever forwards all mail of an account here must not get the rest of it back.
    if (!found) return '2.0.0 Read; there is no code in it';
    // Judged here and now: what an Authentication-Results header in it says is not our own word.
    const verdict = await checkSender(raw, envelope, this.#resolver);
    let given = 0;
    for (const { address } of rcptTo) {
      // Asked again: the run may have ended since.
      const recipient = await this.#recipient(address);
      if (!recipient) continue;
      await this.#give(recipient, found.content, verdict);
      given += 1;
    }
    if (given === 0) throw refusal(550, '5.1.1 Nobody expects mail at this address any more');
    if (verdict === 'fail') throw refusal(550, '5.7.1 The mail is not from whom it says (DKIM, DMARC)');
    return '2.0.0 Read';
  }

  async #give({ db, runId, identifier }: MailRecipient, content: string, senderVerdict: SenderVerdict): Promise<void> {
    await arrive(this.#services, db, { identifier, content, source: 'mail', senderVerdict, runId });
  }

  /** Ours to mend: the sender may try again. */
  #failed(err: unknown): Error {
    this.#services.log.error({ err }, 'a mail could not be taken');
    return refusal(451, '4.3.0 Try again later');
  }
}

/** The whole mail; null when it is larger than allowed. The rest is read all the same: the protocol wants it. */
async function readAll(stream: SMTPServerDataStream): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= MAX_MAIL_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > MAX_MAIL_BYTES ? null : Buffer.concat(chunks);
}
