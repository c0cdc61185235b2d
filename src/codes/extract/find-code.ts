import { plainDigits } from '../plain-digits.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import { findLink, scoreLinks } from './find-link.ts';
import type { MessageText } from './message-parts.ts';
import { readMessage } from './message-text.ts';
import { type ScoredCode, scoreCodes } from './score-code.ts';

/** What is sent to a person to prove who they are: a code to type, or a link to open. */
export const OTP_TYPES = ['totp', 'magic_link'] as const;
export type OtpType = (typeof OTP_TYPES)[number];

export interface FoundCode {
  otp_type: OtpType;
  /** What is typed, or the address to open. */
  code: string;
  /** What spoke for it, each with its points. Holds words of the message, so it is no text for a log. */
  reasons: string[];
}

/** Content up to this long is the code itself. */
const MAX_BARE = 10;
const CERTAIN = 4.5;
/** So much better than the next other code it has to be. */
const MARGIN = 1.5;
/** WebOTP: the last line names the site and the code. */
const ORIGIN_BOUND = /(?:^|\n)[ \t]*@[a-z0-9.-]{1,253}[ \t]+#([A-Za-z0-9]{4,10})(?:[ \t]+[@%][^\n]{0,260})?\s*$/i;

/** A code handed in by itself: as it is, but digits of other scripts to ASCII and no blanks between digits. */
function bareCode(content: string): string {
  const plain = plainDigits(content);
  return /^[0-9](?:[ \u00a0]?[0-9])*$/.test(plain) ? plain.replace(/[ \u00a0]/g, '') : content;
}

function originBound(text: string, candidates: Candidate[]): FoundCode | null {
  const code = ORIGIN_BOUND.exec(text.slice(-600))?.[1];
  if (!code || !candidates.some((candidate) => candidate.code === code)) return null;
  return { otp_type: 'totp', code, reasons: ['bound to a site in the last line'] };
}

/** One entry for each code, with its best place. */
function bestOfEach(scored: ScoredCode[]): ScoredCode[] {
  const best = new Map<string, ScoredCode>();
  for (const one of scored) {
    if (one.score > (best.get(one.code)?.score ?? -Infinity)) best.set(one.code, one);
  }
  return [...best.values()].sort((a, b) => b.score - a.score);
}

function findTyped(message: MessageText): FoundCode | null {
  const candidates = findCandidates(message);
  const bound = originBound(message.text, candidates);
  if (bound) return bound;
  const [only] = candidates;
  if (only && candidates.length === 1 && message.text.trim().length === only.end - only.start) {
    return { otp_type: 'totp', code: only.code, reasons: ['nothing else in the message'] };
  }
  const scored = scoreCodes(message, candidates);
  // What is quoted below is older, so it counts only where nothing above it is a code.
  const own = scored.filter(({ quoted }) => !quoted);
  return certainOf(own.some(({ score }) => score >= CERTAIN) ? own : scored);
}

function certainOf(scored: ScoredCode[]): FoundCode | null {
  const [first, second] = bestOfEach(scored);
  if (!first || first.score < CERTAIN) return null;
  if (second && second.score > first.score - MARGIN && second.score >= CERTAIN - MARGIN) return null;
  return { otp_type: 'totp', code: first.code, reasons: first.reasons };
}

/**
 * The one-time code or magic link of a message, or null when none is certain. Content up to ten characters is the code
 * itself. The answer is a whole token of the text: blanks and dashes between groups of digits and a prefix such as `G-`
 * are left out, since sites do not expect them, digits of other scripts become ASCII, dashes between groups with letters
 * stay. A link is the address as it stands. Where a message has both, the code counts unless `type` asks for the link.
 */
export function findCode(content: string, options: { type?: OtpType | undefined } = {}): FoundCode | null {
  const trimmed = content.trim();
  const { type } = options;
  if (trimmed === '') return null;
  if (trimmed.length <= MAX_BARE) {
    const code = type === 'magic_link' ? trimmed : bareCode(trimmed);
    return { otp_type: type ?? 'totp', code, reasons: ['the content itself'] };
  }
  const message = readMessage(trimmed);
  const typed = type === 'magic_link' ? null : findTyped(message);
  if (typed || type === 'totp') return typed;
  const link = findLink(message);
  return link ? { otp_type: 'magic_link', code: link.href, reasons: link.reasons } : null;
}

/** Everything in a message that may be answered: a model's choice has to be one of these. Best first, each once. */
export function candidatesIn(content: string): { otp_type: OtpType; code: string }[] {
  const message = readMessage(content.trim());
  const codes = bestOfEach(scoreCodes(message, findCandidates(message)));
  return [
    ...codes.map(({ code }) => ({ otp_type: 'totp' as const, code })),
    ...scoreLinks(message).map(({ href }) => ({ otp_type: 'magic_link' as const, code: href })),
  ];
}
