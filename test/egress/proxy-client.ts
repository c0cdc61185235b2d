import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type EgressPass, newPass } from '../../src/egress/egress-access.ts';
import type { EgressProxy } from '../../src/egress/egress-proxy.ts';
import type { EgressTrouble } from '../../src/egress/egress-trouble.ts';

/** A browser context as the proxy sees one, and what its run is told. */
export interface Guest {
  pass: EgressPass;
  troubles: EgressTrouble[];
}

export function admitGuest(proxy: EgressProxy): Guest {
  const pass = newPass(proxy.access);
  const troubles: EgressTrouble[] = [];
  proxy.admit(pass.username, (trouble) => troubles.push(trouble));
  return { pass, troubles };
}

export const headerOf = ({ username, password }: Pick<EgressPass, 'username' | 'password'>): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

const portOf = (proxy: EgressProxy): number => Number(new URL(proxy.access.server).port);

export interface Said {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Asks for an address as a browser asks a proxy. Null: the connection was closed without a word. */
export function ask(
  proxy: EgressProxy,
  url: string,
  { authorization, method = 'GET', body }: { authorization?: string; method?: string; body?: string } = {},
): Promise<Said | null> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port: portOf(proxy),
      method,
      path: url,
      agent: false,
      headers: { host: new URL(url).host, ...(authorization && { 'proxy-authorization': authorization }) },
    });
    asked.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(null) : reject(error),
    );
    asked.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    asked.end(body);
  });
}

/** A connection to the proxy with these bytes sent; what comes back, until it closes. */
export function talk(
  proxy: EgressProxy,
  bytes: string,
): { socket: Socket; said: () => string; closed: Promise<string> } {
  const socket = connect(portOf(proxy), '127.0.0.1');
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(said)));
  socket.write(bytes);
  return { socket, said: () => said, closed };
}

/** A tunnel to a host and port. */
export function tunnel(proxy: EgressProxy, place: string, authorization: string) {
  return talk(proxy, `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\nProxy-Authorization: ${authorization}\r\n\r\n`);
}
