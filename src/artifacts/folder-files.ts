import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactFiles } from './artifact-files.ts';

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** What a file is called until it is whole. */
const partOf = (file: string): string => `${file}.part`;

/** Files in a folder for each run. Several machines may share it. */
export class FolderFiles implements ArtifactFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(runId: string, name: string, bytes: Uint8Array): Promise<void> {
    const folder = path.join(this.#folder, runId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, name);
    try {
      await writeFile(partOf(file), bytes, { mode: 0o600 });
      await rename(partOf(file), file);
    } catch (error) {
      // On a full disk it takes the room of others.
      await rm(partOf(file), { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async read(runId: string, name: string): Promise<Buffer | null> {
    try {
      return await readFile(path.join(this.#folder, runId, name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async remove(runId: string, name: string): Promise<void> {
    const folder = path.join(this.#folder, runId);
    const file = path.join(folder, name);
    await rm(file, { force: true });
    // Of a process that was killed while it wrote.
    await rm(partOf(file), { force: true });
    // With the last one its folder goes.
    await rmdir(folder).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(String(codeOf(error)))) throw error;
    });
  }

  /** The folder is made with the first file. */
  async check(): Promise<void> {}

  close(): void {}
}
