import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service does with the next calls instead of what it is asked for. */
export type S3Mood =
  | 'well'
  /** Every call: 403 AccessDenied, 500 InternalError, 503 SlowDown, no answer at all. */
  | 'denied'
  | 'broken'
  | 'throttled'
  | 'silent'
  /** A read: other bytes than were stored, or fewer than were promised; any other call: an answer that is no XML. */
  | 'garbage'
  | 'cut';

/** A bucket that is reached by S3's protocol on a loopback port, with path-style addresses. */
export interface S3Service {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Key → bytes and content type. */
  readonly objects: Map<string, { bytes: Buffer; contentType: string }>;
  /** Every call as `METHOD key status`. */
  readonly calls: string[];
  mood: S3Mood;
  close(): Promise<void>;
}

const REGION = 'us-east-1';
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Query parameters as they are signed: each encoded, sorted by name. */
function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].map(([name, value]) => [encoded(name), encoded(value)] as const);
  return pairs
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/**
 * Checks a request's signature, AWS Signature Version 4 in the Authorization header: the key, the date, the scope, the
 * signed headers and the hash of the body. Throws a Refusal.
 */
function verify(request: IncomingMessage, body: Buffer, keys: { id: string; secret: string }): void {
  const header = request.headers.authorization ?? '';
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (!found) throw new Refusal(403, 'AccessDenied');
  const [, id, day = '', region = '', signedHeaders = '', signature = ''] = found;
  if (id !== keys.id) throw new Refusal(403, 'InvalidAccessKeyId');
  if (region !== REGION) throw new Refusal(400, 'AuthorizationHeaderMalformed');
  const date = String(request.headers['x-amz-date']);
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const skew = Math.abs(Date.now() - Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`));
  if (!date.startsWith(day) || !(skew < 15 * 60_000)) throw new Refusal(403, 'RequestTimeTooSkewed');
  const names = signedHeaders.split(';');
  const mustBeSigned = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (mustBeSigned.some((name) => !names.includes(name))) throw new Refusal(403, 'AccessDenied');
  const hash = String(request.headers['x-amz-content-sha256']);
  if (hash !== sha256(body)) throw new Refusal(400, 'XAmzContentSHA256Mismatch');
  const url = new URL(request.url ?? '', 'http://s3');
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => encoded(decodeURIComponent(part)))
      .join('/'),
    canonicalQuery(url),
    ...names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    hash,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${keys.secret}`, day), region), 's3'), 'aws4_request');
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex')))
    throw new Refusal(403, 'SignatureDoesNotMatch');
}

const errorXml = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`;

const MOODS: Partial<Record<S3Mood, Refusal>> = {
  denied: new Refusal(403, 'AccessDenied'),
  broken: new Refusal(500, 'InternalError'),
  throttled: new Refusal(503, 'SlowDown'),
};

/** Starts the service with one empty bucket; close it. */
export async function startS3Service(): Promise<S3Service> {
  const objects: S3Service['objects'] = new Map();
  const keys = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
  const bucket = 'artifacts-of-the-tests';

  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const refusal = MOODS[service.mood];
    if (refusal) throw refusal;
    verify(request, body, keys);
    const [, name = '', ...parts] = decodeURIComponent(new URL(request.url ?? '', 'http://s3').pathname).split('/');
    if (name !== bucket) throw new Refusal(404, 'NoSuchBucket');
    const key = parts.join('/');
    const object = objects.get(key);
    if (request.method === 'PUT') {
      objects.set(key, { bytes: body, contentType: request.headers['content-type'] ?? '' });
      response.setHeader('etag', `"${createHash('md5').update(body).digest('hex')}"`).end();
      return;
    }
    if (request.method === 'DELETE') {
      objects.delete(key);
      response.writeHead(204).end();
      return;
    }
    if (request.method !== 'GET') throw new Refusal(405, 'MethodNotAllowed');
    if (!object) throw new Refusal(404, 'NoSuchKey');
    response.setHeader('content-type', object.contentType);
    if (service.mood === 'garbage') response.end('<html>a proxy has something to say</html>');
    else if (service.mood === 'cut') {
      response.setHeader('content-length', object.bytes.length);
      response.write(object.bytes.subarray(0, object.bytes.length / 2), () => response.destroy());
    } else response.setHeader('content-length', object.bytes.length).end(object.bytes);
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.on('close', () => service.calls.push(`${request.method} ${request.url} ${response.statusCode}`));
      if (service.mood === 'silent') return;
      try {
        answer(request, response, Buffer.concat(chunks));
      } catch (error) {
        const { status, code } = error instanceof Refusal ? error : new Refusal(500, String(error));
        response.writeHead(status, { 'content-type': 'application/xml' }).end(errorXml(code));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: S3Service = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    accessKeyId: keys.id,
    secretAccessKey: keys.secret,
    objects,
    calls: [],
    mood: 'well',
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}
