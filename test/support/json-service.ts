import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as an emulated service sees it. */
export interface ServiceRequest {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  text: string;
}

export interface ServiceAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** How a service goes wrong. `late`: it does what it was asked, and its answer is lost. */
export type Trouble =
  | { kind: 'answer'; answer: ServiceAnswer }
  | { kind: 'hang' }
  | { kind: 'garbage' }
  | { kind: 'huge' }
  | { kind: 'drop' }
  | { kind: 'late' };

/** An emulated JSON service on loopback that can be told to go wrong. */
export class JsonService {
  /** What happens to requests instead, in order; then all is well again. */
  readonly troubles: Trouble[] = [];
  /** As `troubles`, for every request until it is null again. */
  always: Trouble | null = null;
  readonly requests: ServiceRequest[] = [];
  /** Told of each request when it came, and again when it was done and before it is answered. */
  watch: ((moment: 'came' | 'done') => void) | null = null;
  readonly #atWork = new Set<ServiceRequest>();
  #idle = Promise.withResolvers<void>();
  readonly #server: Server;
  readonly #scheme: string;
  readonly #answer: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>;

  private constructor(
    answer: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>,
    tls: { cert: string; key: string } | null,
  ) {
    this.#answer = answer;
    const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response);
    this.#server = tls ? createTlsServer(tls, take) : createServer(take);
    this.#scheme = tls ? 'https' : 'http';
  }

  static async start(
    answer: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>,
    port = 0,
    tls: { cert: string; key: string } | null = null,
  ): Promise<JsonService> {
    const service = new JsonService(answer, tls);
    await new Promise<void>((resolve, reject) => {
      service.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Resolves when no request is being carried out, also none whose sender is gone. */
  async idle(): Promise<void> {
    while (this.#atWork.size > 0) await this.#idle.promise;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen: ServiceRequest = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', 'http://service'),
      headers: request.headers,
      text: Buffer.concat(chunks).toString('utf8'),
    };
    this.requests.push(seen);
    this.watch?.('came');
    const trouble = this.troubles.shift() ?? this.always;
    if (trouble?.kind === 'hang') return;
    if (trouble?.kind === 'drop') return void request.socket.destroy();
    if (trouble?.kind === 'garbage') return void response.end('<html>{"not": json');
    if (trouble?.kind === 'huge') return void response.end(`"${'x'.repeat(3_000_000)}"`);
    const answer = trouble?.kind === 'answer' ? trouble.answer : await this.#carryOut(seen);
    this.watch?.('done');
    if (trouble?.kind === 'late') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }

  async #carryOut(request: ServiceRequest): Promise<ServiceAnswer> {
    this.#atWork.add(request);
    try {
      return await this.#answer(request);
    } finally {
      this.#atWork.delete(request);
      this.#idle.resolve();
      this.#idle = Promise.withResolvers();
    }
  }
}
