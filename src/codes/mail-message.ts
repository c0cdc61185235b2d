import PostalMime, { addressParser, type Email } from 'postal-mime';
import { findCode, type OtpType } from './extract/find-code.ts';
import { readVerdict, type SenderVerdict } from './sender-verdict.ts';

/** Bytes of a mail that are read: what is longer has its code before that. */
export const MAX_MAIL_BYTES = 1024 * 1024;

/** What is looked at of a mail. */
export interface MailMessage {
  /** Addresses it says it is from, in lower case. */
  from: string[];
  /** What the server that received it says of its sender. */
  verdict: SenderVerdict;
  /** The texts a code may be in, the best one first. */
  texts: string[];
}

/** Every address in every From header: a mail may have several, and only one of them may be the expected one. */
function senders({ headers }: Email): string[] {
  const from = headers.filter(({ key }) => key === 'from');
  const boxes = from.flatMap(({ value }) => addressParser(value, { flatten: true }));
  return boxes.map(({ address }) => (address ?? '').toLowerCase());
}

/**
 * The header of the server that received the mail stands above every other (RFC 8601 §5); those further down came with
 * the mail and may say anything.
 */
function topVerdict({ headers }: Email): SenderVerdict {
  const results = headers.find(({ key }) => key === 'authentication-results');
  return readVerdict(results?.value ?? null);
}

/** Reads a mail as it came over the wire. Throws when it is none. */
export async function readMail(raw: Uint8Array): Promise<MailMessage> {
  const mail = await PostalMime.parse(raw, { maxNestingDepth: 50, maxHeadersSize: 256 * 1024 });
  const { subject = '', text, html } = mail;
  return {
    from: senders(mail),
    verdict: topVerdict(mail),
    // Some say the code in the subject only.
    texts: [html, text, `${subject}\n\n${text ?? ''}`].filter(
      (part) => part !== undefined && part.trim() !== '',
    ) as string[],
  };
}

/**
 * A pushed text of up to ten characters is the code itself, because somebody said so. Nobody did of a message: there it
 * has to look like one.
 */
export function looksLikeMessage(content: string): boolean {
  const text = content.trim();
  return text.length > 10 || (/^[A-Z0-9-]{4,10}$/i.test(text) && /\d/.test(text));
}

/** The text of the mail with a code in it, and the code; null when none is certain. */
export function codeInMail(mail: MailMessage, type?: OtpType): { content: string; code: string } | null {
  for (const content of mail.texts) {
    const found = looksLikeMessage(content) ? findCode(content, { type }) : null;
    if (found) return { content, code: found.code };
  }
  return null;
}

/** Whether a mail is from these senders only: an address, or a domain with all below it. Nobody named: from anybody. */
export function isFrom(from: readonly string[], senders: readonly string[]): boolean {
  if (senders.length === 0) return true;
  if (from.length === 0) return false;
  return from.every((address) => {
    const domain = address.slice(address.lastIndexOf('@') + 1);
    return senders.some((sender) =>
      sender.includes('@') ? sender === address : domain === sender || domain.endsWith(`.${sender}`),
    );
  });
}
