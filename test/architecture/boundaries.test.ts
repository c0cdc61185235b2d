import { describe, expect, test } from 'vitest';
import { importsOf, type SourceFile, sourceFiles, withoutComments } from './source-files.ts';

const files = sourceFiles('src', 'workers');

/** What only some places may import, type imports too. */
const ONLY_IN: { what: RegExp; places: RegExp }[] = [
  { what: /^(@prisma\/|src\/storage\/generated\/)/, places: /^src\/storage\/|-store\.ts$/ },
  { what: /^playwright(-core)?(\/|$)/, places: /^(src\/(login|browser)|workers)\// },
  { what: /^piscina$/, places: /^(src\/execution|workers)\// },
  { what: /^(fastify|@fastify\/.*)$/, places: /^src\/(http|web|practice)\/|-routes\.ts$/ },
  { what: /^openai(\/|$)/, places: /^src\/planner\// },
  { what: /^(@azure\/.*|@1password\/.*|kdbxweb)$/, places: /^src\/vaults\// },
  { what: /^@aws-sdk\//, places: /^src\/artifacts\// },
  { what: /^@node-rs\/argon2$/, places: /^src\/(vaults|importing)\// },
  { what: /^prom-client$/, places: /^src\/metrics\// },
  { what: /^@opentelemetry\//, places: /^src\/tracing\// },
  // What a customer may name an address of is called by the guarded client, and browsers go through the proxy.
  { what: /^undici$/, places: /^src\/egress\/guarded-client\.ts$/ },
  { what: /^(node:)?dns(\/promises)?$/, places: /^src\/(egress\/|codes\/check-sender\.ts$)/ },
  { what: /^(node:)?(http2|dgram)$/, places: /^$/ },
  { what: /^imapflow$/, places: /^src\/codes\/mailbox-connection\.ts$/ },
  { what: /^csv-parse(\/|$)/, places: /^src\/importing\// },
];

/** What a place must not import. */
const NEVER: { place: RegExp; what: RegExp }[] = [
  { place: /^src\/(vaults|codes|profiles)\//, what: /^src\/runs\// },
  { place: /^src\/login\//, what: /^src\/(?!login\/|(errors|fold|common-words|secret-forms)\.ts$)/ },
  { place: /^src\/login\//, what: /^(?!playwright$|node:|src\/|[./])/ },
];

function named(file: SourceFile): string[] {
  return file.imports.map((found) => found.file ?? found.specifier);
}

function offences(check: (file: SourceFile, target: string) => boolean): string[] {
  return files.flatMap((file) =>
    named(file)
      .filter((target) => check(file, target))
      .map((target) => `${file.file} imports ${target}`),
  );
}

describe('imports keep to the table of the design', () => {
  test.each(ONLY_IN)('$what only in $places', ({ what, places }) => {
    expect(offences((file, target) => what.test(target) && !places.test(file.file))).toEqual([]);
  });

  test.each(NEVER)('$place never imports $what', ({ place, what }) => {
    expect(offences((file, target) => place.test(file.file) && what.test(target))).toEqual([]);
  });

  test('the pool executor reaches the engine only through what the protocol says', () => {
    const byName = new Map(files.map((file) => [file.file, file]));
    const seen = new Set<string>();
    const reach = (name: string): void => {
      const file = byName.get(name);
      if (!file || seen.has(name) || name === 'src/execution/protocol.ts') return;
      seen.add(name);
      // A type leaves nothing behind at run time.
      for (const found of file.imports) if (found.file && !found.typeOnly) reach(found.file);
    };
    reach('src/execution/pool-executor.ts');
    expect(seen).toContain('src/execution/pool-executor.ts');
    expect([...seen].filter((name) => name.startsWith('src/login/'))).toEqual([]);
  });

  test('src and workers import nothing from the tests', () => {
    expect(offences((_file, target) => /^(test|bench)\//.test(target))).toEqual([]);
  });

  test('a start loads no package of a vault: only the reader of KeePass files does, in a process of its own', () => {
    const loads = /^import\s+(?!type\b)[^;]*?from\s+'(?:@azure\/|@aws-sdk\/|@1password\/|kdbxweb'|@node-rs\/argon2')/m;
    expect(files.filter(({ code }) => loads.test(code)).map(({ file }) => file)).toEqual([
      'src/vaults/keepass-file.ts',
    ]);
    const importing = (wanted: string) =>
      files
        .filter(({ imports }) => imports.some(({ file, typeOnly }) => file === wanted && !typeOnly))
        .map(({ file }) => file);
    expect(importing('src/vaults/keepass-file.ts')).toEqual(['src/vaults/keepass-reading.ts']);
    expect(importing('src/vaults/keepass-reading.ts')).toEqual(['workers/keepass-reader.ts']);
  });

  test('nothing is called past the guarded client and the proxy', () => {
    const calling = (pattern: RegExp) => files.filter(({ code }) => pattern.test(code)).map(({ file }) => file);
    // A model at the operator's address, the service at the operator's, and what practice pages do in a browser.
    expect(
      calling(/(?<![.\w])fetch\(|\bglobalThis\.fetch\b/).filter((file) => !file.startsWith('src/practice/')),
    ).toEqual(['src/commands/client.ts', 'src/commands/run-events.ts', 'src/planner/bounded-fetch.ts']);
    expect(
      calling(/\b(XMLHttpRequest|new WebSocket|new EventSource)\b/).filter((file) => !file.startsWith('src/practice/')),
    ).toEqual([]);
    // Connections and requests of Node's own: types and listening servers apart.
    const opens =
      /import\s*\{[^}]*\b(connect|createConnection|request|get|Agent|Socket)\b[^}]*\}\s*from\s*'node:(net|tls|http|https)'/;
    const typesOnly = (file: string) =>
      files
        .find((one) => one.file === file)
        ?.imports.filter(({ specifier }) => /^node:(net|tls|http|https)$/.test(specifier))
        .every(({ typeOnly }) => typeOnly);
    expect(calling(opens).filter((file) => !typesOnly(file))).toEqual([
      'src/egress/dial.ts',
      'src/egress/forward-request.ts',
    ]);
    // Every browser is started with the proxy, but for the one that only has to show that it starts.
    expect(calling(/\.newContext\(/)).toEqual(['src/browser/contexts.ts']);
    expect(calling(/chromium\s*\.launch/)).toEqual(['src/browser/ensure-chromium.ts', 'src/browser/warm-browser.ts']);
  });

  test('only the configuration reads the environment', () => {
    const readers = files.filter(({ code }) => /\bprocess\s*\.\s*env\b|\benv\s*}\s*=\s*process\b/.test(code));
    expect(readers.map(({ file }) => file)).toEqual(['src/config.ts']);
  });
});

describe('the reader of imports', () => {
  test.each([
    [`import a from 'one';`, ['one']],
    [`import type { A } from 'one';`, ['one']],
    [`import {\n  a,\n  type B,\n} from 'one';\nimport 'two';`, ['one', 'two']],
    [`export * from './b.ts';`, ['src/b.ts']],
    [`export { a } from '../c.ts';`, ['c.ts']],
    [`const a = await import('one'); type B = import("two").B;`, ['one', 'two']],
    [
      `// import a from 'one';\n/* import b from 'two'; */\nconst text = 'no // comment';import c from 'three';`,
      ['three'],
    ],
    [`const r = /['"]/; import a from 'one'; const s = /\\/\\*/;\nimport b from 'two';`, ['one', 'two']],
    [`export const from = 'a';\nexport function f() { return "b"; }`, []],
  ])('%j', (code, expected) => {
    const found = importsOf('src/a.ts', withoutComments(code)).map(({ file, specifier }) => file ?? specifier);
    expect(found).toEqual(expected);
  });
});
