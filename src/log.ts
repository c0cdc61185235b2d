import pino from 'pino';
import { logContext } from './log-context.ts';
import type { Scrubber } from './scrub.ts';

export type Logger = pino.Logger;

/** Members that hold secrets by their name, whatever their value. */
const SECRET_PATHS = [
  'password',
  'totp',
  'card_number',
  'card_cvv',
  'secret_value',
  'authorization',
  'cookie',
  '["x-api-key"]',
  '["set-cookie"]',
];
const REDACT = SECRET_PATHS.flatMap((name) =>
  name.startsWith('[') ? [name, `*${name}`, `*.*${name}`] : [name, `*.${name}`, `*.*.${name}`],
);

export interface LogOptions {
  level: string;
  scrubber: Scrubber;
  /** Standard output when left out. */
  destination?: NodeJS.WritableStream;
}

/** A JSON-lines logger. Every line is scrubbed by value as it leaves, errors and their causes included. */
export function createLogger({ level, scrubber, destination = process.stdout }: LogOptions): Logger {
  return pino(
    {
      level,
      base: undefined,
      mixin: logContext,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACT, censor: '[redacted]' },
    },
    { write: (line: string) => void destination.write(cleanLine(scrubber, line)) },
  );
}

function cleanLine(scrubber: Scrubber, line: string): string {
  const clean = scrubber.scrub(line);
  if (clean === line || isJson(clean)) return clean;
  // A number or the syntax itself was taken out. What is left goes on as text, so that a reader of lines does not choke.
  return `${JSON.stringify({ msg: clean.trimEnd() })}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
