import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SmallSite {
  url: string;
  port: number;
  /** `host` + path of every request that arrived, in order. */
  requests: string[];
  /** Resolves once a request for this path arrived. */
  arrived(path: string): Promise<void>;
  close(): Promise<void>;
}

/** A site on every loopback address; `answer` says `later` where it ends the response in its own time; `/never` takes the request and never answers, `/` is a page with a title. */
export async function startSmallSite(
  answer: (request: IncomingMessage, response: ServerResponse, site: SmallSite) => unknown = () => undefined,
): Promise<SmallSite> {
  const waiting: { path: string; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    site.requests.push(`${request.headers.host}${path}`);
    for (const waiter of waiting) if (waiter.path === path) waiter.resolve();
    if (path === '/never') return;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    const answered = answer(request, response, site);
    if (answered !== 'later' && !response.writableEnded) response.end('<title>Small site</title><h1>Hello</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  const site: SmallSite = {
    url: `http://127.0.0.1:${port}/`,
    port,
    requests: [],
    async arrived(path) {
      if (site.requests.some((request) => request.endsWith(path))) return;
      await new Promise<void>((resolve) => waiting.push({ path, resolve }));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}
