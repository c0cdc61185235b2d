import { describe, expect, test } from 'vitest';
import { childEnvironment, loadConfig, redactedConfig } from '../../src/config.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI' };

describe('the place of artifacts', () => {
  test('is a folder in the data folder, or another, or a bucket', () => {
    const place = (env: Record<string, string>) => loadConfig(env).artifacts;
    expect(place({ KEYTURN_DATA_DIR: '/srv/keyturn' })).toEqual({ kind: 'folder', folder: '/srv/keyturn/artifacts' });
    expect(place({ KEYTURN_ARTIFACTS: '/mnt/shared' })).toEqual({ kind: 'folder', folder: '/mnt/shared' });
    const bucket = {
      kind: 's3',
      bucket: 'my-bucket',
      prefix: '',
      endpoint: null,
      region: 'us-east-1',
      credentials: null,
    };
    expect(place({ KEYTURN_ARTIFACTS: 's3://my-bucket' })).toEqual(bucket);
    expect(
      place({
        KEYTURN_ARTIFACTS: 's3://my-bucket/a/b/',
        KEYTURN_S3_ENDPOINT: 'http://127.0.0.1:9000/',
        AWS_REGION: 'eu-west-1',
        ...KEYS,
      }),
    ).toEqual({
      ...bucket,
      prefix: 'a/b',
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI', sessionToken: null },
    });
  });

  test.each(['api', 'worker'])('has to be named to the %s, whose data folder others do not see', (role) => {
    const env = { KEYTURN_ROLE: role, DATABASE_URL: 'postgresql://keyturn@127.0.0.1/keyturn' };
    expect(() => loadConfig(env)).toThrow(`KEYTURN_ROLE=${role} needs KEYTURN_ARTIFACTS`);
    expect(loadConfig({ ...env, KEYTURN_ARTIFACTS: '/mnt/shared' }).artifacts).toMatchObject({ folder: '/mnt/shared' });
    expect(loadConfig({ ...env, KEYTURN_ROLE: 'all' }).role).toBe('all');
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ KEYTURN_ARTIFACTS: 's3:/bucket' }, /KEYTURN_ARTIFACTS must be a folder or s3:\/\/bucket/],
    [{ KEYTURN_ARTIFACTS: 's3://UPPER/x' }, /KEYTURN_ARTIFACTS must be/],
    [{ KEYTURN_ARTIFACTS: 's3://bucket/a b' }, /KEYTURN_ARTIFACTS must be/],
    [{ KEYTURN_ARTIFACTS: 's3://bucket', AWS_ACCESS_KEY_ID: 'AKID' }, /go together/],
    [{ KEYTURN_ARTIFACTS: 's3://bucket', KEYTURN_S3_ENDPOINT: 'ftp://x' }, /KEYTURN_S3_ENDPOINT must be an http/],
    [
      { KEYTURN_ARTIFACTS: 's3://bucket', KEYTURN_S3_ENDPOINT: 'https://user:word@x' },
      /KEYTURN_S3_ENDPOINT must be an address without a user name or password/,
    ],
  ])('%j is refused', (env, sentence) => {
    expect(() => loadConfig(env)).toThrow(sentence);
  });

  test('keeps its keys to the service', () => {
    const env = { KEYTURN_ARTIFACTS: 's3://bucket', PATH: '/bin', ...KEYS };
    expect(JSON.stringify(redactedConfig(loadConfig(env)))).not.toMatch(/AKIDEXAMPLE|wJalrXUtnFEMI/);
    expect(childEnvironment(undefined, env)).toEqual({ PATH: '/bin' });
  });
});
