import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give out by themselves, to who listens on any and to connections: those are taken soon. */
const PORTS = [10_000, 32_000] as const;
const MAX_TRIES = 50;

/** A loopback port nobody holds right now, for a program that cannot be told to pick one by itself. */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(...PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      return port;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    } finally {
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  }
}
