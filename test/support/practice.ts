import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { PracticeAccount } from '../../src/practice/accounts.ts';
import { type PracticeSite, type PracticeSiteOptions, startPracticeSite } from '../../src/practice/practice-site.ts';

/** A practice site with two accounts of its own, for one test. */
export interface Practice {
  site: PracticeSite;
  /** Name and password only. The first account: password-only pages are its door. */
  ada: PracticeAccount;
  /** With a seed for codes. */
  grace: PracticeAccount & { totp: string };
  /** A password nobody has, another one each time: one that was refused is not tried again. */
  readonly wrong: string;
  /** The code of grace's seed at a time (Unix milliseconds, the site's clock when left out). */
  code(at?: number): string;
  close(): Promise<void>;
}

/** A password that occurs nowhere by chance, with characters that every encoding treats differently. */
export function randomPassword(): string {
  return `${randomBytes(9).toString('base64url')}&"+ü/%`;
}

/** Origins of sites that were closed: the system gives their ports out again. */
const origins = new Set<string>();

/** A waiting time or a refusal that a service remembers of one site must not be another's. */
async function atNewOrigin(start: () => Promise<PracticeSite>): Promise<PracticeSite> {
  for (let tries = 0; ; tries += 1) {
    const site = await start();
    const known = origins.has(site.origin);
    origins.add(site.origin);
    if (!known || tries > 50) return site;
    await site.close();
  }
}

/** Starts a site on a free port of the loopback address; close it. */
export async function startPractice(options: Partial<PracticeSiteOptions> = {}): Promise<Practice> {
  const ada = { username: 'ada@lindgrove.test', password: randomPassword(), displayName: 'Ada Lovelace' };
  const grace = {
    username: 'grace@lindgrove.test',
    password: randomPassword(),
    totp: new Secret({ size: 20 }).base32,
    displayName: 'Grace Hopper',
  };
  const site = await atNewOrigin(() => startPracticeSite({ accounts: [ada, grace], ...options }));
  return {
    site,
    ada,
    grace,
    get wrong() {
      return randomPassword();
    },
    code: (at = (options.now ?? Date.now)()) =>
      new TOTP({ secret: Secret.fromBase32(grace.totp) }).generate({ timestamp: at }),
    close: () => site.close(),
  };
}
