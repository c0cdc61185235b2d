import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface HttpRequest {
  method: string;
  /** As it goes over the wire: printable ASCII. */
  target: string;
  headers: Record<string, string>;
  body?: Buffer | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A stream that does not end by itself is left after this. */
const STREAM_MS = 300;
const ANSWER_MS = 90_000;

/** Sends requests as they are: `fetch` would put addresses and headers right. */
export class HttpSender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #base: URL;

  constructor(url: string) {
    this.#base = new URL(url);
  }

  send({ method, target, headers, body }: HttpRequest): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const { hostname, port } = this.#base;
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const call = request({
      hostname,
      port,
      method,
      path: target,
      agent: this.#agent,
      headers: { ...headers, ...length },
    });
    call.setTimeout(ANSWER_MS, () => call.destroy(new Error(`${method} ${target} was not answered`)));
    call.once('error', reject);
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      const done = (): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      };
      const stream = response.headers['content-type']?.startsWith('text/event-stream');
      const timer = stream ? setTimeout(() => response.destroy(), STREAM_MS) : undefined;
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', done);
      response.once('close', () => {
        clearTimeout(timer);
        done();
      });
    });
    call.end(body);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
