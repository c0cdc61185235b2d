import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ArtifactFiles, openArtifactFiles } from '../../src/artifacts/artifact-files.ts';
import { Artifacts } from '../../src/artifacts/artifacts.ts';
import type { OrganizationDb, Storage } from '../../src/storage/db.ts';
import { type S3Service, startS3Service } from '../support/s3-service.ts';
import { describeOnEachDatabase, newOrganization } from '../support/test-database.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const BYTES = Buffer.from('a picture');

/** A place with what lies in it, by name. */
interface Given {
  files: ArtifactFiles;
  names(): Promise<string[]>;
}

async function folder(): Promise<Given & { folder: string }> {
  const made = await mkdtemp(path.join(tmpdir(), 'artifacts-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  const files = await openArtifactFiles({ kind: 'folder', folder: made });
  return { files, folder: made, names: async () => (await readdir(made, { recursive: true })).sort() };
}

async function bucket(): Promise<Given & { s3: S3Service }> {
  const s3 = await startS3Service();
  const { accessKeyId, secretAccessKey, endpoint } = s3;
  const credentials = { accessKeyId, secretAccessKey, sessionToken: null };
  const files = await openArtifactFiles({
    kind: 's3',
    bucket: s3.bucket,
    prefix: '',
    endpoint,
    region: 'us-east-1',
    credentials,
  });
  onTestFinished(async () => {
    files.close();
    await s3.close();
  });
  return { files, s3, names: async () => [...s3.objects.keys()].sort() };
}

describeOnEachDatabase('what runs leave', (databases) => {
  const run = async (db: OrganizationDb, id: string): Promise<void> => {
    const of = { organization_id: db.organizationId, created_at: new Date() };
    await db.workflow.create({ data: { ...of, id: `wpid_${id}`, title: 'one', definition: {} } });
    await db.run.create({
      data: {
        ...of,
        id,
        workflow_id: `wpid_${id}`,
        credential_id: 'cred_1',
        status: 'completed',
        expect: [],
        evidence: [],
        url: 'https://site.example/login',
        save_browser_profile: false,
        start_from_profile: false,
        temporary_credential: false,
      },
    });
  };
  /** A bucket with the one artifact of the run `wr_1` in it. */
  const kept = async () => {
    const storage = await databases.open();
    const { files, s3, names } = await bucket();
    const artifacts = new Artifacts(files);
    const db = await newOrganization(storage);
    await run(db, 'wr_1');
    await artifacts.store(db, 'wr_1', 'answer.png', BYTES);
    return { storage, db, artifacts, s3, names };
  };
  const aged = (storage: Storage, runId: string, days: number) =>
    storage.database
      .asSystem('sweep')
      .artifact.updateMany({ where: { run_id: runId }, data: { created_at: new Date(Date.now() - days * DAY_MS) } });

  test.each([
    ['a folder', folder],
    ['a bucket', bucket],
  ])('is stored in %s, read by its organization alone, and removed when it is old', async (_what, make) => {
    const storage = await databases.open();
    const { files, names } = await make();
    const artifacts = new Artifacts(files);
    const [mine, theirs] = [await newOrganization(storage), await newOrganization(storage)];
    await run(mine, 'wr_1');
    await run(mine, 'wr_2');
    await artifacts.store(mine, 'wr_1', 'answer.png', BYTES);
    await artifacts.store(mine, 'wr_1', 'page.html', Buffer.from('x'));
    await artifacts.store(mine, 'wr_2', 'answer.png', Buffer.from('another'));
    await artifacts.store(mine, 'wr_2', 'answer.png', BYTES);
    expect(await artifacts.read(mine, 'wr_2', 'answer.png')).toEqual({ contentType: 'image/png', bytes: BYTES });
    expect((await artifacts.list(mine, 'wr_1')).map(({ name }) => name)).toEqual(['answer.png', 'page.html']);
    await expect(artifacts.read(theirs, 'wr_1', 'answer.png')).rejects.toMatchObject({ code: 'not_found' });
    for (const name of ['../answer.png', 'a/b.png', 'answer.exe', '.png', 'A.png']) {
      await expect(artifacts.store(mine, 'wr_1', name, BYTES)).rejects.toMatchObject({ code: 'internal' });
    }

    await aged(storage, 'wr_1', 31);
    await artifacts.removeOld(storage.database.asSystem('sweep'), 30, new Date());
    expect((await names()).filter((name) => name.includes('wr_1'))).toEqual([]);
    expect((await names()).filter((name) => name.endsWith('.png'))).toEqual(['wr_2/answer.png']);
    await expect(artifacts.read(mine, 'wr_1', 'answer.png')).rejects.toMatchObject({ code: 'not_found' });
    expect(await mine.artifact.count()).toBe(1);
    await files.remove('wr_2', 'answer.png');
    await expect(artifacts.read(mine, 'wr_2', 'answer.png')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is never in the place without a row to find it by', async () => {
    const storage = await databases.open();
    const { files, names } = await folder();
    const db = await newOrganization(storage);
    await expect(new Artifacts(files).store(db, 'wr_none', 'answer.png', BYTES)).rejects.toThrow();
    expect(await names()).toEqual([]);
  });

  test('is not shown where it could not be written, and goes with what was there before', async () => {
    const { storage, db, artifacts, s3, names } = await kept();
    s3.mood = 'denied';
    for (const name of ['answer.png', 'page.html']) {
      await expect(artifacts.store(db, 'wr_1', name, BYTES)).rejects.toMatchObject({ code: 'unavailable' });
    }
    s3.mood = 'well';
    expect(await artifacts.list(db, 'wr_1')).toEqual([]);
    await expect(artifacts.read(db, 'wr_1', 'answer.png')).rejects.toMatchObject({ code: 'not_found' });
    await aged(storage, 'wr_1', 31);
    await artifacts.removeOld(storage.database.asSystem('sweep'), 30, new Date());
    expect([await names(), await db.artifact.count()]).toEqual([[], 0]);
  });

  test('leaves no half-written file in a folder', async () => {
    const storage = await databases.open();
    const { files, folder: place, names } = await folder();
    const artifacts = new Artifacts(files);
    const db = await newOrganization(storage);
    await run(db, 'wr_1');
    const inTheWay = path.join(place, 'wr_1', 'answer.png');
    await mkdir(inTheWay, { recursive: true });
    await expect(artifacts.store(db, 'wr_1', 'answer.png', BYTES)).rejects.toThrow();
    expect(await names()).toEqual(['wr_1', 'wr_1/answer.png']);
    await rmdir(inTheWay);
    // What a process that was killed while it wrote leaves.
    await writeFile(`${inTheWay}.part`, 'a pic');
    await aged(storage, 'wr_1', 31);
    await artifacts.removeOld(storage.database.asSystem('sweep'), 30, new Date());
    expect([await names(), await db.artifact.count()]).toEqual([[], 0]);
  });

  test('is not taken for what was stored when the bucket answers with something else', async () => {
    const storage = await databases.open();
    const { files, s3 } = await bucket();
    const artifacts = new Artifacts(files);
    const db = await newOrganization(storage);
    await run(db, 'wr_1');
    await artifacts.store(db, 'wr_1', 'answer.png', BYTES);
    s3.mood = 'garbage';
    await expect(artifacts.read(db, 'wr_1', 'answer.png')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('keeps its row while its file cannot be removed', async () => {
    const { storage, db, artifacts, s3, names } = await kept();
    await aged(storage, 'wr_1', 3);
    s3.mood = 'denied';
    const sweep = () => artifacts.removeOld(storage.database.asSystem('sweep'), 2, new Date());
    await expect(sweep()).rejects.toMatchObject({ code: 'unavailable' });
    expect([await names(), await db.artifact.count()]).toEqual([['wr_1/answer.png'], 1]);
    s3.mood = 'well';
    await sweep();
    expect([await names(), await db.artifact.count()]).toEqual([[], 0]);
  });
});
