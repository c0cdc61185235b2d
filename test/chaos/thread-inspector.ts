import { once } from 'node:events';
import { WebSocket } from 'undici';
import { oneOf, type Random } from './random.ts';

/**
 * Runs a line in one of a process's login threads, by its inspector (domain NodeWorker of the Chrome DevTools
 * Protocol): the one way to end or block a thread from outside.
 */
export async function inThread(inspector: string, random: Random, expression: string): Promise<void> {
  const targets = (await (await fetch(`${inspector}/json/list`)).json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  const sessions: string[] = [];
  const enabled = Promise.withResolvers<void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params } = JSON.parse(String(data));
    // The thread that writes the database takes the service along: that is the kill of the service.
    const isLogin = method === 'NodeWorker.attachedToWorker' && !/sqlite-writer/.test(params.workerInfo.url);
    if (isLogin) sessions.push(params.sessionId);
    if (id === 1) enabled.resolve();
  });
  const send = (id: number, method: string, params: object) => socket.send(JSON.stringify({ id, method, params }));
  try {
    send(1, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
    await enabled.promise;
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    send(2, 'NodeWorker.sendMessageToWorker', { sessionId: oneOf(random, sessions), message });
    send(3, 'NodeWorker.disable', {});
  } finally {
    socket.close();
    await once(socket, 'close');
  }
}
