import { KeyturnError } from '../errors.ts';
import type { OrganizationModels, SystemDb } from '../storage/db.ts';
import type { ArtifactFiles } from './artifact-files.ts';

/** Names a run's files may have: no path, a known kind. */
const NAME = /^[a-z0-9][a-z0-9-]{0,60}\.(png|html|har|zip)$/;
const CONTENT_TYPES: Record<string, string> = {
  png: 'image/png',
  html: 'text/html; charset=utf-8',
  har: 'application/json; charset=utf-8',
  zip: 'application/zip',
};

/** The size in the row of a file that is not written yet, or could not be: it is only there to be swept. */
const UNWRITTEN = -1;

/** Files removed in one go. */
const PAGE = 500;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What runs leave, screenshots, pages and recordings: files in a folder or a bucket, named in rows. */
export class Artifacts {
  readonly #files: ArtifactFiles;

  constructor(files: ArtifactFiles) {
    this.#files = files;
  }

  /**
   * Writes the row, so that a file is found by it whatever happens, then the file whole, and shows it only then. Throws
   * `internal` for a bad name, and what the place throws.
   */
  async store(db: OrganizationModels, runId: string, name: string, bytes: Uint8Array): Promise<void> {
    const contentType = CONTENT_TYPES[NAME.exec(name)?.[1] ?? ''];
    if (!contentType) throw new KeyturnError('internal', { detail: 'An artifact has a name that is not allowed.' });
    const key = { organization_id: db.organizationId, run_id: runId, name };
    const data = { content_type: contentType, size: UNWRITTEN, created_at: new Date() };
    const known = await db.artifact.updateMany({ where: key, data });
    if (known.count === 0) await db.artifact.create({ data: { ...key, ...data } });
    await this.#files.write(runId, name, bytes, contentType);
    await db.artifact.updateMany({ where: key, data: { size: bytes.length } });
  }

  /**
   * Throws `not_found`, and `unavailable` when the place does not give back what was stored. The row decides, so another
   * organization's file is never reached.
   */
  async read(db: OrganizationModels, runId: string, name: string): Promise<{ contentType: string; bytes: Buffer }> {
    const row = await db.artifact.findFirst({ where: { run_id: runId, name, size: { not: UNWRITTEN } } });
    if (!row) throw new KeyturnError('not_found', { detail: 'There is no artifact with this name.' });
    const bytes = await this.#files.read(row.run_id, row.name);
    if (!bytes) throw new KeyturnError('not_found', { detail: 'The file of this artifact is gone.' });
    if (bytes.length !== row.size) {
      throw new KeyturnError('unavailable', { detail: 'The file of this artifact did not come whole.' });
    }
    return { contentType: row.content_type, bytes };
  }

  async list(db: OrganizationModels, runId: string): Promise<{ name: string; content_type: string; size: number }[]> {
    return db.artifact.findMany({
      where: { run_id: runId, size: { not: UNWRITTEN } },
      orderBy: { name: 'asc' },
      select: { name: true, content_type: true, size: true },
    });
  }

  /**
   * Removes what is older than so many days: each file before its row, so that a crash leaves a row to find it by. One
   * that cannot be removed stays for the next time and keeps none of the others; then the last such error is thrown.
   */
  async removeOld(db: Pick<SystemDb, 'artifact'>, days: number, now: Date): Promise<void> {
    const where = { created_at: { lt: new Date(now.getTime() - days * DAY_MS) } };
    let skip = 0;
    let failure: unknown = null;
    for (let more = true; more; ) {
      const rows = await db.artifact.findMany({ where, orderBy: { created_at: 'asc' }, skip, take: PAGE });
      for (const { organization_id, run_id, name } of rows) {
        try {
          await this.#files.remove(run_id, name);
          await db.artifact.deleteMany({ where: { organization_id, run_id, name } });
        } catch (error) {
          failure = error;
          skip += 1;
        }
      }
      // Where nothing at all can be removed the place is away.
      more = rows.length === PAGE && skip < PAGE;
    }
    if (failure !== null) throw failure;
  }
}
