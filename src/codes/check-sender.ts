import { Resolver } from 'node:dns/promises';
import { authenticate } from 'mailauth';
import { type SenderVerdict, senderVerdict } from './sender-verdict.ts';

/** Answers DNS questions: the records of a name, by type. */
export type DnsResolver = (name: string, type: string) => Promise<string[] | string[][]>;

/** All look-ups for one mail together. */
const CHECK_MS = 8_000;

/** The machine's own resolver, asked once and not for long. */
export function boundedResolver(): DnsResolver {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  return async (name, type) => (await resolver.resolve(name, type)) as string[] | string[][];
}

/**
 * Checks DKIM, SPF and DMARC of a mail as it came in by SMTP. Only DNS is asked, for a bounded time: where it does not
 * answer, nothing is known.
 */
export async function checkSender(
  raw: Buffer,
  envelope: { ip: string; helo: string; sender: string },
  resolver: DnsResolver,
): Promise<SenderVerdict> {
  const late = Promise.withResolvers<null>();
  // A service that closes does not stay for it.
  const timer = setTimeout(() => late.resolve(null), CHECK_MS).unref();
  try {
    const checked = authenticate(raw, { ...envelope, mta: 'keyturn', resolver, disableArc: true, disableBimi: true });
    const found = await Promise.race([checked.catch(() => null), late.promise]);
    if (!found) return 'none';
    const { dkim, spf, dmarc } = found;
    return senderVerdict({
      dmarc: dmarc ? [dmarc.status.result] : [],
      dkim: (dkim?.results ?? []).map(({ status }) => status.result),
      spf: spf ? [spf.status.result] : [],
    });
  } finally {
    clearTimeout(timer);
  }
}
