import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { BucketPlace } from '../config.ts';
import { KeyturnError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { optionalPackage } from '../optional-package.ts';
import type { ArtifactFiles } from './artifact-files.ts';

/** Milliseconds for a connection, and for a whole call with what it is repeated. */
const CONNECT_MS = 3_000;
const CALL_MS = 15_000;
/** A call in all: 5xx, throttling and broken connections are tried again, what is refused is not. */
const ATTEMPTS = 3;

type Sdk = typeof import('@aws-sdk/client-s3');

/** Objects in a bucket of S3, or of a service that speaks its protocol: `prefix/run/name`. */
class BucketFiles implements ArtifactFiles {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #place: BucketPlace;

  constructor(sdk: Sdk, place: BucketPlace) {
    this.#sdk = sdk;
    this.#place = place;
    const { endpoint, region, credentials } = place;
    this.#client = new sdk.S3Client({
      region,
      // Without keys of ours the package finds what the machine or the pod is given.
      ...(credentials && { credentials: withoutEmpty(credentials) }),
      ...(endpoint && { endpoint, forcePathStyle: true }),
      // Other services than Amazon's do not know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: CALL_MS, throwOnRequestTimeout: true },
    });
  }

  /** Writes the one object that is there before any run. */
  async check(log: Logger): Promise<void> {
    const { bucket } = this.#place;
    try {
      await this.#put('.keyturn', new Uint8Array(0), 'application/octet-stream');
    } catch (error) {
      const { code, status } = said(error);
      if (status !== undefined && status >= 400 && status < 500) {
        throw new KeyturnError('bad_configuration', {
          detail: `The bucket ${bucket} of KEYTURN_ARTIFACTS does not let us write (${status} ${code}).`,
        });
      }
      log.warn({ bucket, code, status }, 'the bucket of KEYTURN_ARTIFACTS does not answer yet');
    }
  }

  #key(...parts: string[]): string {
    return [this.#place.prefix, ...parts].filter((part) => part !== '').join('/');
  }

  async #put(key: string, bytes: Uint8Array, contentType: string): Promise<void> {
    const object = { Bucket: this.#place.bucket, Key: this.#key(key) };
    await this.#client.send(
      new this.#sdk.PutObjectCommand({
        ...object,
        Body: bytes,
        ContentType: contentType,
        ContentLength: bytes.byteLength,
      }),
      { abortSignal: AbortSignal.timeout(CALL_MS) },
    );
  }

  async write(runId: string, name: string, bytes: Uint8Array, contentType: string): Promise<void> {
    try {
      await this.#put(`${runId}/${name}`, bytes, contentType);
    } catch (error) {
      throw away(error);
    }
  }

  async read(runId: string, name: string): Promise<Buffer | null> {
    try {
      const { Body: body } = await this.#client.send(
        new this.#sdk.GetObjectCommand({ Bucket: this.#place.bucket, Key: this.#key(runId, name) }),
        { abortSignal: AbortSignal.timeout(CALL_MS) },
      );
      return Buffer.from((await body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (error instanceof this.#sdk.NoSuchKey) return null;
      throw away(error);
    }
  }

  async remove(runId: string, name: string): Promise<void> {
    try {
      await this.#client.send(
        new this.#sdk.DeleteObjectCommand({ Bucket: this.#place.bucket, Key: this.#key(runId, name) }),
        { abortSignal: AbortSignal.timeout(CALL_MS) },
      );
    } catch (error) {
      throw away(error);
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

function withoutEmpty({ accessKeyId, secretAccessKey, sessionToken }: NonNullable<BucketPlace['credentials']>) {
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** What the service said, by its code alone: the package hangs request and answer on its errors. */
function said(error: unknown): { code: string; status: number | undefined } {
  if (!(error instanceof Error)) return { code: 'unknown', status: undefined };
  const { $metadata } = error as Partial<S3ServiceException>;
  return { code: error.name, status: $metadata?.httpStatusCode };
}

function away(error: unknown): KeyturnError {
  const { code, status } = said(error);
  const answer = status === undefined ? code : `${status} ${code}`;
  return new KeyturnError('unavailable', { detail: `The storage of screenshots and recordings failed (${answer}).` });
}

/** See openArtifactFiles. */
export async function openBucket(place: BucketPlace): Promise<ArtifactFiles> {
  const sdk = await optionalPackage('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'), {
    by: 'KEYTURN_ARTIFACTS=s3://…',
    code: 'bad_configuration',
  });
  return new BucketFiles(sdk, place);
}
