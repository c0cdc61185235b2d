import { Agent, type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Header fields of one connection, which end at a proxy (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Bytes of the header of an answer. */
const MAX_HEADER = 128 * 1024;

/**
 * A browser's connection to the proxy and the one connection to a site it stands for. They live and die together, so
 * that what the browser sees of its connection (kept alive, closed, cut off) is what happened at the site: it decides by
 * that whether to send a request again, and must not decide otherwise because of the proxy.
 */
export class PairedConnection {
  readonly #client: Socket;
  readonly #dial: (host: string, port: number) => Promise<Socket>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** `host:port` */
  #place: string | null = null;
  #busy = false;
  #siteGone = false;
  #sent: ClientRequest | null = null;

  constructor(client: Socket, dial: (host: string, port: number) => Promise<Socket>) {
    this.#client = client;
    this.#dial = dial;
    client.once('close', () => {
      this.#sent?.destroy();
      this.#agent.destroy();
    });
    this.#agent.createConnection = (options, ready) => {
      const { host, port } = options as { host: string; port: number };
      this.#connect(host, Number(port)).then(
        (socket) => ready?.(null, socket),
        (error: Error) => ready?.(error, client),
      );
      return undefined;
    };
  }

  async #connect(host: string, port: number): Promise<Socket> {
    const socket = await this.#dial(host, port);
    socket.once('close', () => {
      this.#siteGone = true;
      if (!this.#busy) this.#client.destroy();
    });
    return socket;
  }

  /** Sends one request of the browser on and streams the answer back. Without an answer the connection closes. */
  async forward(asked: IncomingMessage, answer: ServerResponse, target: URL): Promise<void> {
    // Browsers keep a connection for one site. Whoever does not gets no second one over it.
    if (this.#place !== null && this.#place !== target.host) return this.#cutOff();
    this.#place = target.host;
    // They would be sent on as the site's own.
    target.username = '';
    target.password = '';
    this.#busy = true;
    try {
      const got = await this.#send(asked, target);
      // An origin that asks for the credentials of a proxy would be given ours.
      if (got.statusCode === 407) return this.#cutOff();
      answer.sendDate = false;
      answer.shouldKeepAlive = got.headers.connection?.toLowerCase() !== 'close' && got.httpVersion === '1.1';
      answer.writeHead(got.statusCode ?? 502, got.statusMessage, endToEnd(got.rawHeaders));
      await pipeline(got, answer);
    } catch {
      this.#cutOff();
    } finally {
      this.#busy = false;
      if (this.#siteGone) this.#client.destroySoon();
    }
  }

  #send(asked: IncomingMessage, target: URL): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(target, {
        method: asked.method ?? 'GET',
        headers: ['Host', target.host, ...endToEnd(asked.rawHeaders, 'host')],
        agent: this.#agent,
        maxHeaderSize: MAX_HEADER,
      });
      this.#sent = sent;
      sent.once('response', resolve);
      sent.once('error', reject);
      asked.pipe(sent);
    });
  }

  #cutOff(): void {
    this.#client.destroy();
  }
}

/** Raw header fields without those of the connection, and without `left`. */
function endToEnd(raw: readonly string[], left?: string): string[] {
  const named = new Set<string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() === 'connection') {
      for (const token of (raw[at + 1] ?? '').split(',')) named.add(token.trim().toLowerCase());
    }
  }
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.has(lower) || lower === left) continue;
    kept.push(name, value);
  }
  return kept;
}
