import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KeyturnError } from '../errors.ts';
import type { OrganizationModels } from '../storage/db.ts';

/** Names a run's files may have: no path, a known kind. */
const NAME = /^[a-z0-9][a-z0-9-]{0,60}\.(png|html|har|zip)$/;
const CONTENT_TYPES: Record<string, string> = {
  png: 'image/png',
  html: 'text/html; charset=utf-8',
  har: 'application/json; charset=utf-8',
  zip: 'application/zip',
};

/** What runs leave, screenshots, pages and recordings: files in a folder, named in rows. */
export class Artifacts {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the file whole (temporary name, then rename), then its row. Throws `internal` for a bad name. */
  async store(db: OrganizationModels, runId: string, name: string, bytes: Uint8Array): Promise<void> {
    const contentType = CONTENT_TYPES[NAME.exec(name)?.[1] ?? ''];
    if (!contentType) throw new KeyturnError('internal', { detail: 'An artifact has a name that is not allowed.' });
    const folder = path.join(this.#folder, runId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, name);
    await writeFile(`${file}.part`, bytes, { mode: 0o600 });
    await rename(`${file}.part`, file);
    const key = { organization_id: db.organizationId, run_id: runId, name };
    await db.artifact.deleteMany({ where: key });
    await db.artifact.create({
      data: { ...key, content_type: contentType, size: bytes.length, created_at: new Date() },
    });
  }

  /** Throws `not_found`. The row decides, so another organization's file is never reached. */
  async read(db: OrganizationModels, runId: string, name: string): Promise<{ contentType: string; bytes: Buffer }> {
    const row = await db.artifact.findFirst({ where: { run_id: runId, name } });
    if (!row) throw new KeyturnError('not_found', { detail: 'There is no artifact with this name.' });
    const bytes = await readFile(path.join(this.#folder, row.run_id, row.name)).catch((cause: unknown) => {
      throw new KeyturnError('not_found', { detail: 'The file of this artifact is gone.', cause });
    });
    return { contentType: row.content_type, bytes };
  }

  async list(db: OrganizationModels, runId: string): Promise<{ name: string; content_type: string; size: number }[]> {
    return db.artifact.findMany({
      where: { run_id: runId },
      orderBy: { name: 'asc' },
      select: { name: true, content_type: true, size: true },
    });
  }
}
