import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Import {
  /** As written: a package, `node:…` or a relative path. */
  specifier: string;
  /** The file a relative import names, from the root, with forward slashes; else null. */
  file: string | null;
  typeOnly: boolean;
}

export interface SourceFile {
  /** From the root, with forward slashes. */
  file: string;
  text: string;
  /** The text with comments blanked, line breaks kept. */
  code: string;
  imports: Import[];
}

/** Blanks comments and leaves strings, templates and regular expressions as they are. */
export function withoutComments(text: string): string {
  const tokens =
    /(["'])(?:\\.|(?!\1)[^\\\n])*\1|`(?:\\.|[^\\`])*`|(?<![\w)\]]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(tokens, (token) => (/^\/[/*]/.test(token) ? token.replace(/[^\n]/g, ' ') : token));
}

const STATIC = /\b(?:import|export)\s+(type\s+)?(?:[\w$*{][^'"`;]*?\sfrom\s*|)(['"])([^'"\n]+)\2/g;
const DYNAMIC = /\bimport\s*\(\s*(['"])([^'"\n]+)\1/g;

/** Every module a file names: `import`, `export … from`, `import()` and the types `import('…')`. */
export function importsOf(file: string, code: string): Import[] {
  const resolve = (specifier: string) =>
    specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : null;
  return [
    ...[...code.matchAll(STATIC)].map(([, type, , specifier = '']) => ({ specifier, typeOnly: Boolean(type) })),
    ...[...code.matchAll(DYNAMIC)].map(([, , specifier = '']) => ({ specifier, typeOnly: false })),
  ].map((found) => ({ ...found, file: resolve(found.specifier) }));
}

/** The project's own TypeScript below these folders, generated code left out. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(folder, name.replaceAll(path.sep, '/')))
      .filter((file) => /\.tsx?$/.test(file) && !file.includes('/generated/'))
      .toSorted()
      .map((file) => {
        const text = readFileSync(path.join(ROOT, file), 'utf8');
        const code = withoutComments(text);
        return { file, text, code, imports: importsOf(file, code) };
      }),
  );
}
