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
  app.addHook('onRequest', async () => {
    if (closing) throw new KeyturnError('unavailable', { detail: 'The service is stopping.' });
  });
  app.addHook('preClose', async () => {
    closing = true;
    const deadline = Date.now() + GRACE_MS;
    timer = setInterval(() => {
      if (Date.now() > deadline) app.server.closeAllConnections();
      else app.server.closeIdleConnections();
    }, LOOK_MS);
  });
  app.addHook('onClose', async () => clearInterval(timer));
}
