import { setImmediate as yieldOnce } from 'node:timers/promises';
import type { RecordingScrubber } from './clean-recording.ts';
import { sessionValues } from './session-values.ts';

const LEFT_OUT = '[left out]';
const REDACTED = '[redacted]';
/** Members whose values are names and states of the format's. */
const NAMES = /^(name|method|mimeType|type|class|httpVersion|encoding)$/;
const TEXT_TYPE = /^text\/|json|xml|javascript|x-www-form-urlencoded|svg/i;
const FORM = /x-www-form-urlencoded/i;

/** A network log (HAR 1.2) without secrets; bodies that are no text are left out. */
export async function cleanHar(bytes: Buffer, words: RecordingScrubber): Promise<Buffer> {
  const har: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isRecord(har) || !isRecord(har.log) || !Array.isArray(har.log.entries)) throw new Error('This is no HAR.');
  const { entries, ...log } = har.log;
  const decoded = entries.map(withText);
  // All of it first: what one answer sets, an earlier one may have shown.
  for (const entry of decoded) words.learn(sessionValues(entry));
  const clean: unknown[] = [];
  for (const entry of decoded) {
    clean.push(cleanEntry(entry, words));
    await yieldOnce();
  }
  return Buffer.from(JSON.stringify({ log: { ...(cleanValue(log, words) as object), entries: clean } }));
}

/** An entry of a HAR, in a network log or a trace, without secrets. Values of a sent form are all left out. */
export function cleanEntry(entry: unknown, words: RecordingScrubber): unknown {
  return cleanValue(withText(entry), words);
}

/** Any JSON value with every string of it cleaned. */
function cleanValue(value: unknown, words: RecordingScrubber, key = ''): unknown {
  if (typeof value === 'string') return NAMES.test(key) ? words.name(value) : words.text(value);
  if (typeof value === 'number') return words.text(String(value)) === String(value) ? value : REDACTED;
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, words, key));
  if (!isRecord(value)) return value;
  const members = key === 'postData' ? formNamesOnly(value) : value;
  return Object.fromEntries(
    Object.entries(members).map(([name, inner]) => [words.name(name), cleanValue(inner, words, name)]),
  );
}

/** A code may be sent digit by digit, each in a field of its own. */
function formNamesOnly(data: Record<string, unknown>): Record<string, unknown> {
  const { params, text, mimeType } = data;
  return {
    ...data,
    ...(Array.isArray(params) && { params: params.map((one) => ({ ...one, value: REDACTED })) }),
    ...(typeof text === 'string' && FORM.test(String(mimeType)) && { text: text.replace(/=[^&]*/g, `=${REDACTED}`) }),
  };
}

/** The entry with bodies as text where they are text, and none where they are not. */
function withText(entry: unknown): unknown {
  if (!isRecord(entry) || !isRecord(entry.response) || !isRecord(entry.response.content)) return entry;
  const { content } = entry.response;
  const { encoding, text, ...rest } = content;
  if (typeof text !== 'string') return entry;
  const isText = TEXT_TYPE.test(String(content.mimeType));
  const plain = encoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text;
  const body = isText ? { text: plain } : { text: '', comment: LEFT_OUT };
  return { ...entry, response: { ...entry.response, content: { ...rest, ...body } } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
