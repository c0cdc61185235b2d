import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { KeyturnError } from '../errors.ts';

/** Calls under way when the service stops get this long to be answered. */
const GRACE_MS = 2_000;
/** How often connections that have become idle are looked for. */
const LOOK_MS = 50;

/** Lets `close` end soon: no new calls, those under way are answered, then every connection is closed. */
export function closePromptly(app: FastifyInstance): void {
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  const silent = watchSilent(app);
  app.addHook('onRequest', async () => {
    if (closing) throw new KeyturnError('unavailable', { detail: 'The service is stopping.' });
  });
  app.addHook('preClose', async () => {
    closing = true;
    for (const socket of silent) socket.destroy();
    const deadline = Date.now() + GRACE_MS;
    timer = setInterval(() => {
      if (Date.now() > deadline) app.server.closeAllConnections();
      else app.server.closeIdleConnections();
    }, LOOK_MS);
  });
  app.addHook('onClose', async () => clearInterval(timer));
}

/** Connections that have not brought a request yet, as browsers open them ahead: Node counts them as busy. */
function watchSilent(app: FastifyInstance): ReadonlySet<Socket> {
  const silent = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }: { socket: Socket }) => silent.delete(socket));
  return silent;
}
