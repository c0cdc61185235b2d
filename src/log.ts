import pino from 'pino';
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
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACT, censor: '[redacted]' },
    },
    { write: (line: string) => void destination.write(scrubber.scrub(line)) },
  );
}
