import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readmeBlocks } from './readme.ts';

/** A call as the endpoint of a customer sees it. */
export interface EndpointCall {
  headers: IncomingMessage['headers'];
  body: string;
}

export interface CodeEndpoint {
  readonly url: string;
  readonly calls: EndpointCall[];
  close(): Promise<void>;
}

/** A customer's endpoint for codes on a free loopback port; `answer` says how it behaves. */
export async function startCodeEndpoint(
  answer: (call: EndpointCall, response: ServerResponse) => void,
): Promise<CodeEndpoint> {
  const calls: EndpointCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      calls.push(call);
      answer(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/code`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

type Verifier = (secret: string, headers: EndpointCall['headers'], body: string) => boolean;

/** The verifier of the README, word for word: whether a call was signed with this secret at most five minutes ago. */
export async function readmeVerifier(): Promise<Verifier> {
  const [script = ''] = readmeBlocks('Second factors', 'js');
  const { isFromKeyturn } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  return isFromKeyturn as Verifier;
}
