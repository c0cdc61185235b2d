import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isPng, partsOf } from './secret-containers.ts';
import {
  type ByteText,
  byteText,
  decodedBase64,
  escapedPatternsOf,
  type Pattern,
  patternsOf,
  seedPatternsOf,
  views,
} from './secret-encodings.ts';
import { cellsOf, isSqlite, isWal, SplitSearch } from './sqlite-pages.ts';
import { TextFinder } from './text-finder.ts';

export interface PlantedSecret {
  name: string;
  value: string;
  kind: 'password' | 'seed' | 'code';
}

/** Where a secret must not be: a text (a log, an answer), bytes, or a file or folder. */
export type Sink = { name: string } & ({ text: string } | { bytes: Buffer } | { path: string });

export interface Hit {
  /** The sink; for a folder with the file, for a packed file with the entry, for a database with table and column. */
  sink: string;
  /** Name of the secret. Its value is never part of a hit: hits are printed. */
  name: string;
  encoding: string;
  /** Bytes from the start of the searched text, after escapes were undone; -1 across a page border of a database. */
  offset: number;
}

interface Needle {
  name: string;
  patterns: Pattern[];
  /** A code: only as a token of its own. */
  code: string | null;
}

/** What is searched for, made once for all places. */
class Needles {
  readonly secrets: readonly PlantedSecret[];
  readonly all: readonly Needle[];
  readonly patterns: TextFinder<Needle>;
  readonly codes: readonly Needle[];

  constructor(secrets: readonly PlantedSecret[]) {
    this.secrets = secrets;
    this.all = secrets.map(needleOf);
    this.patterns = new TextFinder(
      this.all.map((needle) => [needle, needle.patterns.map(({ text }) => text)] as const),
    );
    this.codes = this.all.filter(({ code }) => code !== null);
  }
}

function needleOf({ name, value, kind }: PlantedSecret): Needle {
  if (kind === 'code') return { name, patterns: [], code: value };
  const all = kind === 'seed' ? [...patternsOf(value), ...seedPatternsOf(value)] : patternsOf(value);
  // Several encodings of a plain value are the same text.
  const unique = new Map(all.toReversed().map((pattern) => [pattern.text, pattern]));
  return { name, patterns: [...unique.values()].toReversed(), code: null };
}

const TIMES_AND_IDS =
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(\.\d+)?|\b(o|dk|ak|cred|vi|wpid|wr|bp)_[0-9a-z]{24}|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** Blanks, keeping offsets, where digits mean something else. */
function withoutTimesAndIds(text: ByteText): ByteText {
  return text.replace(TIMES_AND_IDS, (all) => ' '.repeat(all.length));
}

/** A code as a token; in raw database pages columns touch each other, so there only digits may not touch it. */
function codePattern(code: string, inPages: boolean): RegExp {
  const spaced = `${code.slice(0, code.length / 2)}[ -]?${code.slice(code.length / 2)}`;
  return inPages ? new RegExp(`(?<!\\d)${code}(?!\\d)`) : new RegExp(`(?<![\\w.])${spaced}(?!\\w|\\.\\d)`);
}

/** Searches one piece of bytes, with up to two layers of escapes undone. One hit for a secret: the plainest. */
function* searchBytes(sink: string, bytes: Buffer, needles: Needles, inPages = false): Generator<Hit> {
  const told = new Set<Needle>();
  const tell = function* (needle: Needle, encoding: string, offset: number): Generator<Hit> {
    if (told.has(needle)) return;
    told.add(needle);
    yield { sink, name: needle.name, encoding: encoding.trim(), offset };
  };
  for (const view of views(byteText(bytes))) {
    for (const [needle, { order, offset }] of needles.patterns.findIn(view.text)) {
      yield* tell(needle, `${view.name} ${needle.patterns[order]?.encoding}`, offset);
    }
    const untold = needles.codes.filter((needle) => !told.has(needle));
    if (untold.length === 0) continue;
    const readings = [
      ['raw', withoutTimesAndIds(view.text)],
      ['base64', withoutTimesAndIds(decodedBase64(view.text))],
    ] as const;
    for (const needle of untold) {
      for (const [encoding, text] of readings) {
        const offset = text.search(codePattern(needle.code ?? '', inPages));
        if (offset >= 0) yield* tell(needle, `${view.name} ${encoding}`, offset);
      }
    }
  }
}

/** Bytes and everything packed inside them. Pixels are not text and are left out. */
function* searchDeep(sink: string, bytes: Buffer, needles: Needles, depth = 3): Generator<Hit> {
  if (!isPng(bytes)) yield* searchBytes(sink, bytes, needles, isSqlite(bytes) || isWal(bytes));
  if (depth === 0) return;
  for (const part of partsOf(bytes)) yield* searchDeep(`${sink}!${part.name}`, part.bytes, needles, depth - 1);
}

function* searchDatabase(sink: string, file: string, bytes: Buffer, needles: Needles): Generator<Hit> {
  for (const cell of cellsOf(file)) yield* searchDeep(`${sink}!${cell.name}`, cell.bytes, needles);
  const wal = `${file}-wal`;
  const files = existsSync(wal) && statSync(wal).size >= 32 ? [bytes, readFileSync(wal)] : [bytes];
  const texts = needles.all.flatMap(({ name, patterns }, index) => {
    const escaped = escapedPatternsOf(needles.secrets[index]?.value ?? '');
    return [...patterns, ...escaped].map((pattern) => ({ ...pattern, name }));
  });
  const split = new SplitSearch(files, Math.max(0, ...texts.map(({ text }) => text.length)));
  for (const { name, encoding, text } of texts) {
    if (split.finds(text)) yield { sink, name, encoding: `${encoding} across pages`, offset: -1 };
  }
}

function* searchFile(sink: string, file: string, needles: Needles): Generator<Hit> {
  const bytes = readFileSync(file);
  yield* searchBytes(`${sink} (its name)`, Buffer.from(sink), needles);
  yield* searchDeep(sink, bytes, needles);
  if (isSqlite(bytes)) yield* searchDatabase(sink, file, bytes, needles);
}

function filesUnder(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/**
 * Searches every sink for every secret: raw, UTF-16, base64 at each alignment, hex, and all of these under one and two
 * layers of URL, form, JSON or HTML escapes; in gzip and zip entries and PNG texts; in SQLite files as bytes (free
 * pages, write-ahead log), as values, and across page borders. A secret that stands in a place several times is one hit.
 * Codes are searched as tokens of their own outside times and ids.
 */
export function searchSecrets(secrets: readonly PlantedSecret[], sinks: readonly Sink[]): Hit[] {
  const needles = new Needles(secrets);
  return sinks.flatMap((sink) => {
    if ('text' in sink) return [...searchDeep(sink.name, Buffer.from(sink.text), needles)];
    if ('bytes' in sink) return [...searchDeep(sink.name, sink.bytes, needles)];
    return filesUnder(sink.path).flatMap((file) => {
      const name = file === sink.path ? sink.name : `${sink.name}/${path.relative(sink.path, file)}`;
      return [...searchFile(name, file, needles)];
    });
  });
}
