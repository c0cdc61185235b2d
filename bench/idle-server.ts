import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that has nothing to do but to answer: what is left of its times is the machine's. */
const body = JSON.stringify({ status: 'running', evidence: [], awaiting: null });
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json').end(body);
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
});
