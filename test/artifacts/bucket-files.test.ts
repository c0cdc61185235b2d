import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openArtifactFiles } from '../../src/artifacts/artifact-files.ts';
import type { BucketPlace } from '../../src/config.ts';
import type { Logger } from '../../src/log.ts';
import { type S3Mood, type S3Service, startS3Service } from '../support/s3-service.ts';

const PICTURE = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 251));
const NAME = 'answer.png';

describe('artifacts in a bucket', () => {
  let s3: S3Service;
  let warned: unknown[];
  beforeEach(async () => {
    s3 = await startS3Service();
    warned = [];
  });
  afterEach(() => s3.close());

  const place = (change: Partial<BucketPlace> = {}): BucketPlace => ({
    kind: 's3',
    bucket: s3.bucket,
    prefix: 'a/b c',
    endpoint: s3.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey, sessionToken: null },
    ...change,
  });
  const log = { warn: (fields: unknown) => warned.push(fields) } as unknown as Logger;
  const open = async (change: Partial<BucketPlace> = {}) => openArtifactFiles(place(change));

  test('are written, read and removed under the prefix', async () => {
    const files = await open();
    await files.check(log);
    await files.write('wr_1', NAME, PICTURE, 'image/png');
    expect([...s3.objects.keys()]).toEqual(['a/b c/.keyturn', `a/b c/wr_1/${NAME}`]);
    expect(s3.objects.get(`a/b c/wr_1/${NAME}`)).toEqual({ bytes: PICTURE, contentType: 'image/png' });
    expect((await files.read('wr_1', NAME))?.equals(PICTURE)).toBe(true);
    expect(await files.read('wr_2', NAME)).toBe(null);
    await files.remove('wr_1', NAME);
    await files.remove('wr_1', NAME);
    expect(await files.read('wr_1', NAME)).toBe(null);
    expect([...s3.objects.keys()]).toEqual(['a/b c/.keyturn']);
    expect(warned).toEqual([]);
    files.close();
  });

  test.each<[string, Partial<BucketPlace>, RegExp]>([
    [
      'a wrong secret',
      { credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wrong', sessionToken: null } },
      /403 SignatureDoesNotMatch/,
    ],
    [
      'an unknown key',
      { credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'wrong', sessionToken: null } },
      /403 InvalidAccessKeyId/,
    ],
    ['another bucket', { bucket: 'somebody-elses' }, /404 NoSuchBucket/],
    ['another region', { region: 'eu-west-1' }, /400 AuthorizationHeaderMalformed/],
  ])('%s stops the start', async (_what, change, said) => {
    const files = await open(change);
    await expect(files.check(log)).rejects.toMatchObject({
      code: 'bad_configuration',
      message: expect.stringMatching(said),
    });
    expect(s3.calls.length, 'what is refused is not tried again').toBe(1);
    expect(s3.objects.size).toBe(0);
    files.close();
  });

  test('a bucket that is away at the start is told of, and used when it is back', async () => {
    const files = await open();
    s3.mood = 'broken';
    await files.check(log);
    expect(warned).toEqual([{ bucket: s3.bucket, code: 'InternalError', status: 500 }]);
    s3.mood = 'well';
    await files.write('wr_1', NAME, PICTURE, 'image/png');
    expect(s3.objects.size).toBe(1);
    files.close();
  });

  test.each<[S3Mood, number, RegExp]>([
    ['denied', 1, /403 AccessDenied/],
    ['broken', 3, /500 InternalError/],
    ['throttled', 3, /503 SlowDown/],
  ])('%s: every call fails with what was said', { timeout: 60_000 }, async (mood, tries, said) => {
    const files = await open();
    s3.mood = mood;
    const calls = [
      () => files.write('wr_1', NAME, PICTURE, 'image/png'),
      () => files.read('wr_1', NAME),
      () => files.remove('wr_1', NAME),
    ];
    for (const call of calls) {
      s3.calls.length = 0;
      await expect(call()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(said) });
      expect(s3.calls).toHaveLength(tries);
    }
    files.close();
  });

  test('no answer is waited for without end', { timeout: 90_000 }, async () => {
    const files = await open();
    s3.mood = 'silent';
    const since = Date.now();
    await Promise.all([
      expect(files.write('wr_1', NAME, PICTURE, 'image/png')).rejects.toMatchObject({ code: 'unavailable' }),
      expect(files.read('wr_1', NAME)).rejects.toMatchObject({ code: 'unavailable' }),
    ]);
    expect(Date.now() - since).toBeLessThan(25_000);
    files.close();
  });

  test('a read that breaks off is an error, never half of a file', async () => {
    const files = await open();
    await files.write('wr_1', NAME, PICTURE, 'image/png');
    s3.mood = 'cut';
    await expect(files.read('wr_1', NAME)).rejects.toMatchObject({ code: 'unavailable' });
    files.close();
  });
});
