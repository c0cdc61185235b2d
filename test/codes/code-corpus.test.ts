import { describe, expect, test } from 'vitest';
import { findCode } from '../../src/codes/extract/find-code.ts';
import { plainDigits } from '../../src/codes/plain-digits.ts';
import { type LabelledMessage, readMessages } from './messages/read-messages.ts';

/** Share of messages that have to be answered as labelled. */
const GOAL = 0.99;
const halves = { development: readMessages('development'), 'held-out': readMessages('held-out') };
const all = Object.values(halves).flat();

/** Signs that a message writes by their number: `&#56;`. */
function decodeNumbers(text: string): string {
  return text.replace(/&#(\d{2,6});/g, (_entity, number) => String.fromCodePoint(Number(number)));
}

/** Whether an answer stands in the message: tags, blanks, dashes and invisible signs aside. */
function standsIn({ content }: LabelledMessage, code: string): boolean {
  const bare = (text: string) =>
    plainDigits(decodeNumbers(text.replaceAll('&amp;', '&')).replace(/&#?\w{1,8};/g, ''))
      .replace(/=\r?\n/g, '')
      .replace(/[\s\p{Cf}-]/gu, '');
  return bare(content.replace(/<\/?[a-z][^>]*>/gi, '')).includes(bare(code)) || bare(content).includes(bare(code));
}

function figures(messages: LabelledMessage[]): { wrong: string[]; invented: string[]; right: number } {
  const wrong: string[] = [];
  const invented: string[] = [];
  for (const message of messages) {
    const found = findCode(message.content, { type: message.type });
    const same = found?.otp_type === message.expected?.otp_type && found?.code === message.expected?.code;
    if (!same)
      wrong.push(`${message.place}: ${found?.code ?? 'nothing'} instead of ${message.expected?.code ?? 'nothing'}`);
    if (found && !standsIn(message, found.code)) invented.push(message.place);
  }
  return { wrong, invented, right: (messages.length - wrong.length) / messages.length };
}

describe('messages with codes and without', () => {
  test.each(Object.entries(halves))('%s half: 99 % right, none invented', (half, messages) => {
    const { wrong, invented, right } = figures(messages);
    const count = `${messages.length - wrong.length} of ${messages.length}`;
    console.info(`${half}: ${count} messages right (${(right * 100).toFixed(1)} %), ${invented.length} invented`);
    expect(invented).toEqual([]);
    // Named only where rules may be made for them.
    if (half === 'development') expect(wrong).toEqual([]);
    expect(right).toBeGreaterThanOrEqual(GOAL);
  });

  test('more than 300 messages, 250 of them held out, of many senders and languages, many without a code', () => {
    const count = (key: 'language' | 'style') => new Set(all.map((message) => message[key])).size;
    expect(all.length).toBeGreaterThanOrEqual(300);
    expect(halves['held-out'].length).toBeGreaterThanOrEqual(250);
    expect(count('style')).toBeGreaterThanOrEqual(60);
    const languages = new Set(all.map(({ language }) => language));
    const wanted = 'en de fr es pt it nl sv da nb fi pl cs hu ro ru uk el tr ar he fa hi ja zh ko vi th id';
    for (const one of wanted.split(' ')) expect(languages).toContain(one);
    expect(all.filter(({ expected }) => expected === null).length).toBeGreaterThanOrEqual(60);
    expect(all.filter(({ expected }) => expected?.otp_type === 'magic_link').length).toBeGreaterThanOrEqual(30);
  });

  test('no message is in both halves', () => {
    const seen = new Set(halves.development.map(({ content, type }) => `${type} ${content.trim()}`));
    expect(halves['held-out'].filter(({ content, type }) => seen.has(`${type} ${content.trim()}`))).toEqual([]);
  });
});
