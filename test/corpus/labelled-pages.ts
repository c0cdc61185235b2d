import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The collections of labelled pages lie beside the checkout; they belong to their sites and are not part of it. */
const FOLDER = fileURLToPath(new URL('../../../shared/corpora', import.meta.url));
export const CORPORA = existsSync(FOLDER) ? realpathSync(FOLDER) : FOLDER;

/** Roles as the collections name them, each with the selectors any of which is right. */
export interface Labels {
  kind: string;
  kinds: string[];
  fields: Record<string, string[]>;
  submit: { status: 'annotated' | 'derived' | 'none'; selectors: string[] };
  hidden?: string[];
  ambiguous?: boolean;
  unlabelledPasswords?: boolean;
  incompleteFields?: boolean;
}

export interface LabelledPage {
  /** `<corpus>/<file>`. */
  file: string;
  path: string;
  labels: Labels;
}

/** Every labelled page of every collection (or of those named), in a stable order; none where the folder is absent. */
export function labelledPages(only?: readonly string[]): LabelledPage[] {
  if (!existsSync(CORPORA)) return [];
  return readdirSync(CORPORA)
    .toSorted()
    .filter((corpus) => (only?.includes(corpus) ?? true) && existsSync(path.join(CORPORA, corpus, 'labels.json')))
    .flatMap((corpus) => {
      const { files } = JSON.parse(readFileSync(path.join(CORPORA, corpus, 'labels.json'), 'utf8')) as {
        files: Record<string, Labels>;
      };
      return Object.entries(files).map(([name, labels]) => ({
        file: `${corpus}/${name}`,
        path: path.join(CORPORA, corpus, 'html', name),
        labels,
      }));
    });
}
