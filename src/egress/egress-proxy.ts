import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type DialRules, dial, NotDialled } from './dial.ts';
import { type EgressAccess, nameOf } from './egress-access.ts';
import { type EgressTrouble, isDenied } from './egress-trouble.ts';
import { FairTurns } from './fair-turns.ts';
import { PairedConnection } from './forward-request.ts';
import { lookupInTurn } from './resolve-host.ts';

/** Connections of all browsers at a time. */
const MAX_CONNECTIONS = 4_096;
/** Bytes of the header of a request. */
const MAX_HEADER = 64 * 1024;
/** Milliseconds a header may take to arrive, give or take a quarter. */
const HEADERS_MS = 10_000;
/** Milliseconds between requests on a connection, and without a byte in a tunnel. */
const IDLE_MS = 15 * 60_000;
/** Milliseconds a request waits for its context to be known: word of it comes another way and may be overtaken. */
const INTRODUCTION_MS = 5_000;
/**
 * Look-ups of names at a time, of all contexts and of each. One whose name server does not answer holds a thread for as
 * long as the system waits, also when nobody waits for it any more: a page must not take those of others.
 */
const LOOKUPS = { all: 32, each: 3 };

export interface EgressProxyOptions extends DialRules {
  /** Milliseconds a header may take to arrive; ten seconds when left out. */
  headersMs?: number;
  /** Told every connection that was denied. Holds no secret of ours, but a name a page chose. */
  onDenied?: (trouble: EgressTrouble) => void;
}

/** A browser context the proxy serves. */
interface Guest {
  readonly name: string;
  readonly onTrouble: (trouble: EgressTrouble) => void;
  /** Its connections to here. Those to sites end with them. */
  readonly clients: Set<Socket>;
  /** Aborted when its context is closed. */
  readonly gone: AbortController;
}

/**
 * The forward proxy every browser context goes through (RFC 9110 §7.3.2, §9.3.6): it resolves a name once, judges the
 * addresses and dials what it judged. On loopback, for whoever has a pass and was announced. Where it does not connect
 * it says nothing at all, to the browser: the reason goes to the run.
 */
export class EgressProxy {
  /** How a worker's browsers get here. */
  readonly access: EgressAccess;
  readonly #server: Server;
  readonly #options: EgressProxyOptions;
  readonly #sockets = new Set<Socket>();
  /** A connection that has shown its pass is known from then on. */
  readonly #paired = new WeakMap<Socket, PairedConnection>();
  readonly #guests = new Map<string, Guest>();
  readonly #awaited = new Map<string, Set<() => void>>();
  readonly #lookups = new FairTurns(LOOKUPS);

  private constructor(server: Server, options: EgressProxyOptions) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.#options = options;
    this.access = { server: `http://127.0.0.1:${port}`, secret: randomBytes(32).toString('base64url') };
    options.ownPlaces.addPort(port);
    server.on('connection', (socket) => this.#keep(socket));
    server.on('connect', (asked, socket, head) => void this.#tunnel(asked, socket as Socket, head));
    server.on('request', (asked, answer) => void this.#forward(asked, answer));
    server.on('clientError', (_error, socket) => socket.destroy());
    // Browsers ask for a tunnel instead; without a listener the request would come as any other.
    server.on('upgrade', (_asked, socket) => socket.destroy());
  }

  static async start(options: EgressProxyOptions): Promise<EgressProxy> {
    const headersTimeout = options.headersMs ?? HEADERS_MS;
    const server = createServer({
      maxHeaderSize: MAX_HEADER,
      headersTimeout,
      connectionsCheckingInterval: headersTimeout / 4,
      requestTimeout: 0,
      keepAliveTimeout: IDLE_MS,
      noDelay: true,
    });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new EgressProxy(server, options);
  }

  /** Lets a context in. `onTrouble` is told each connection it did not get; the caller calls `release` at its end. */
  admit(name: string, onTrouble: (trouble: EgressTrouble) => void): void {
    this.#guests.set(name, { name, onTrouble, clients: new Set(), gone: new AbortController() });
    for (const tell of this.#awaited.get(name) ?? []) tell();
  }

  /** The context is closed: what it still has open ends, and its pass is no longer good. */
  release(name: string): void {
    const guest = this.#guests.get(name);
    this.#guests.delete(name);
    guest?.gone.abort();
    for (const client of guest?.clients ?? []) client.destroy();
  }

  /** Connections that are open, to browsers and to sites. */
  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const { gone } of this.#guests.values()) gone.abort();
    this.#guests.clear();
    for (const waiting of this.#awaited.values()) for (const tell of waiting) tell();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const gone = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, ...gone]);
    this.#options.ownPlaces.removePort(Number(new URL(this.access.server).port));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // What goes wrong on a connection ends it; there is nobody to tell.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
  }

  /** The context a request belongs to; null when it shows no good pass. */
  async #guestOf(asked: IncomingMessage): Promise<Guest | null> {
    const name = nameOf(asked.headers['proxy-authorization'], this.access.secret);
    if (name === null) return null;
    if (!this.#guests.has(name)) await this.#introduced(name);
    const guest = this.#guests.get(name);
    if (!guest || asked.socket.destroyed) return null;
    guest.clients.add(asked.socket);
    asked.socket.once('close', () => guest.clients.delete(asked.socket));
    return guest;
  }

  async #introduced(name: string): Promise<void> {
    const waiting = this.#awaited.get(name) ?? new Set();
    this.#awaited.set(name, waiting);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, INTRODUCTION_MS);
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
    });
    if (waiting.size === 0) this.#awaited.delete(name);
  }

  async #tunnel(asked: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    const guest = await this.#guestOf(asked);
    // The answer says that the connection ends: one that was asked twice would count as kept alive for the browser.
    if (!guest) {
      client.write(NOT_WITHOUT_PASS);
      return client.destroySoon();
    }
    client.setTimeout(IDLE_MS);
    const target = URL.parse(`http://${asked.url}`);
    const port = Number(/:(\d{1,5})$/.exec(asked.url ?? '')?.[1]);
    if (!target || !(port > 0 && port < 65_536) || target.pathname !== '/') return void client.destroy();
    const site = await this.#dial(guest, client, target.hostname, port);
    if (!site) return void client.destroy();
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) site.write(head);
    client.once('close', () => site.destroy());
    site.once('close', () => client.destroySoon());
    client.pipe(site);
    site.pipe(client);
  }

  async #forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const client = asked.socket;
    let paired = this.#paired.get(client);
    const guest = paired ? null : await this.#guestOf(asked);
    if (!paired && !guest) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic realm="egress"', connection: 'close' }).end();
      return;
    }
    const target = URL.parse(asked.url ?? '');
    if (target?.protocol !== 'http:') return void client.destroy();
    if (guest) {
      paired = new PairedConnection(client, async (host, port) => {
        const site = await this.#dial(guest, client, host, port);
        if (!site) throw new Error('No connection.');
        return site;
      });
      this.#paired.set(client, paired);
    }
    await paired?.forward(asked, answer, target);
  }

  /** A connection for a guest; null when there is none, and the guest was told why. */
  async #dial(guest: Guest, client: Socket, host: string, port: number): Promise<Socket | null> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    client.once('close', leave);
    guest.gone.signal.addEventListener('abort', leave);
    if (client.destroyed || guest.gone.signal.aborted) leave();
    const lookup = lookupInTurn(this.#lookups, guest.name, this.#options.lookup);
    try {
      const site = await dial(host, port, { ...this.#options, lookup }, gone.signal);
      this.#keep(site);
      return site;
    } catch (error) {
      if (error instanceof NotDialled) {
        guest.onTrouble(error.trouble);
        if (isDenied(error.trouble)) this.#options.onDenied?.(error.trouble);
      }
      return null;
    } finally {
      client.off('close', leave);
      guest.gone.signal.removeEventListener('abort', leave);
    }
  }
}

const NOT_WITHOUT_PASS = [
  'HTTP/1.1 407 Proxy Authentication Required',
  'Proxy-Authenticate: Basic realm="egress"',
  'Content-Length: 0',
  'Connection: close',
  '',
  '',
].join('\r\n');
