import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** What nobody may reach: TCP and UDP on 127.0.0.1, and who reached it by which channel. */
export interface InnerListener {
  /** HTTP: the channel is the first part of the path. */
  port: number;
  /** UDP. */
  udpPort: number;
  /** A port of its own for a channel that sends no path. */
  ports: Record<string, number>;
  reached: Set<string>;
  close(): Promise<void>;
}

/** `silent`: channels that only connect. */
export async function startInnerListener(silent: readonly string[]): Promise<InnerListener> {
  const reached = new Set<string>();
  const http = createHttpServer((request, response) => {
    reached.add(decodeURIComponent((request.url ?? '').split('/')[1] ?? ''));
    response.setHeader('access-control-allow-origin', '*');
    response.end('inner');
  });
  http.on('upgrade', (request, socket) => {
    reached.add((request.url ?? '').split('/')[1] ?? '');
    socket.destroy();
  });
  const servers: Server[] = [http];
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const ports: Record<string, number> = {};
  for (const channel of silent) {
    const server = createServer((socket) => {
      reached.add(channel);
      socket.on('error', () => undefined);
      socket.destroy();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ports[channel] = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  const udp = createSocket('udp4', () => reached.add('udp'));
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    udpPort: udp.address().port,
    ports,
    reached,
    async close() {
      http.closeAllConnections();
      udp.close();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
