import { setImmediate as yieldOnce } from 'node:timers/promises';
import { cleanEntry } from './clean-har.ts';
import type { RecordingScrubber } from './clean-recording.ts';
import { sessionValues } from './session-values.ts';
import { unzipped, type ZipEntry, zipped } from './zip-file.ts';

const MAX_UNPACKED = 128 * 1024 * 1024;
const REDACTED = '[redacted]';
const TEXT_FILE = /\.(html?|css|js|mjs|json|txt|svg|xml)$/i;
/** Lines that are cleaned in one go. */
const BATCH = 50;
/** Arguments of an action that say where and when, never what was typed. */
const HARMLESS = new Set(['selector', 'url', 'timeout', 'state', 'waitUntil', 'button', 'event', 'strict', 'force']);

/**
 * A Playwright trace without secrets: its lines and text files cleaned, what was typed and what scripts were given or
 * answered left out whole (a code may be typed digit by digit), pictures and other files dropped.
 */
export async function cleanTrace(archive: Buffer, words: RecordingScrubber): Promise<Buffer> {
  const entries = unzipped(archive, MAX_UNPACKED);
  const files = new Map<string, Record<string, unknown>[]>();
  for (const { name, bytes } of entries) if (isLines(name)) files.set(name, linesOf(bytes));
  const bodies = new Set<string>();
  for (const lines of files.values()) {
    for (const line of lines) {
      words.learn(sessionValues(line));
      for (const body of sentBodies(line)) bodies.add(body);
    }
  }
  const clean: ZipEntry[] = [];
  for (const { name, bytes } of entries) {
    const lines = files.get(name);
    const isSent = [...bodies].some((body) => name.endsWith(body));
    if (lines) clean.push({ name, bytes: await cleanLines(lines, words) });
    else if (TEXT_FILE.test(name) && !isSent)
      clean.push({ name: words.name(name), bytes: Buffer.from(words.text(bytes.toString('utf8'))) });
    await yieldOnce();
  }
  return zipped(clean);
}

const isLines = (name: string): boolean => /\.(trace|network)$/.test(name);

function linesOf(bytes: Buffer): Record<string, unknown>[] {
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Names of the files that hold what requests sent. */
function sentBodies(line: Record<string, unknown>): string[] {
  const found = JSON.stringify(line).matchAll(/"postData":\{[^{}]*"_sha1":"([^"]+)"/g);
  return [...found].map(([, name = '']) => name);
}

async function cleanLines(lines: readonly Record<string, unknown>[], words: RecordingScrubber): Promise<Buffer> {
  const clean: string[] = [];
  for (const [index, line] of lines.entries()) {
    // The log of an action quotes what it typed.
    if (line.type !== 'log') clean.push(JSON.stringify(cleanEntry(withoutArguments(line), words)));
    if (index % BATCH === 0) await yieldOnce();
  }
  return Buffer.from(`${clean.join('\n')}\n`);
}

function withoutArguments(line: Record<string, unknown>): unknown {
  if (line.type === 'before') {
    const params = Object.entries(line.params ?? {}).filter(([name]) => HARMLESS.has(name));
    return { ...line, params: Object.fromEntries(params), title: undefined };
  }
  if (line.type === 'after') return { ...line, result: undefined };
  if (line.type === 'frame-snapshot') return withoutValues(line);
  return line;
}

/** A snapshot keeps what stands in a field as an attribute of its own. */
function withoutValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutValues);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '__playwright_value_' || name === 'value' ? REDACTED : withoutValues(inner),
    ]),
  );
}
