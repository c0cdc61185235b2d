import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface SocketSite {
  port: number;
  /** `host text` of every message that arrived on a socket. */
  messages: string[];
  /** Method and path of every request. */
  requests: string[];
  close(): Promise<void>;
}

/** Pages with a form that hangs up on `POST /drop`, and a WebSocket (RFC 6455) that echoes short messages. */
export async function startSocketSite(): Promise<SocketSite> {
  const sockets = new Set<Duplex>();
  const server = createServer((request, response) => {
    site.requests.push(`${request.method} ${request.url}`);
    if (request.url === '/drop') {
      request.resume();
      request.on('end', () => request.socket.destroy());
      return;
    }
    response.setHeader('content-type', 'text/html');
    response.end('<form method="post" action="/drop"><input name="p"><button>Go</button></form>');
  });
  server.on('upgrade', (request, socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    accept(request, socket, (text) => site.messages.push(`${request.headers.host} ${text}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const site: SocketSite = {
    port: (server.address() as AddressInfo).port,
    messages: [],
    requests: [],
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}

/** The handshake and text frames of up to 125 bytes. */
function accept(request: IncomingMessage, socket: Duplex, onText: (text: string) => void): void {
  const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${guid}`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 6) {
      const length = (pending[1] ?? 0) & 0x7f;
      if (pending.length < 6 + length) return;
      const mask = pending.subarray(2, 6);
      const text = Buffer.from(pending.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
      const opcode = (pending[0] ?? 0) & 0x0f;
      pending = pending.subarray(6 + length);
      if (opcode === 8) socket.end();
      if (opcode !== 1) continue;
      onText(text.toString());
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    }
  });
}
