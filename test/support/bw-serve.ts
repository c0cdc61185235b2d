import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { BitwardenServer } from './bitwarden-server.ts';
import { type ChildProgram, startNodeProgram } from './child-program.ts';
import { freePort } from './free-port.ts';
import type { ServiceAnswer, ServiceRequest } from './json-service.ts';
import type { Counterpart } from './skip.ts';
import { makeCertificates, openssl } from './test-certificates.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../node_modules/@bitwarden/cli/build/bw.js');

export const bitwardenCli: Counterpart = {
  name: 'the Bitwarden CLI',
  available: openssl.available && existsSync(PROGRAM),
};

/** The real `bw serve`, logged in and locked, with a server of our own behind it. */
export interface BwServe {
  readonly url: string;
  readonly server: BitwardenServer;
  /** What `bw export` writes: `json`, or with a password `encrypted_json`. */
  exported(password?: string): Promise<string>;
  /** Everything it printed. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts it in a temporary folder; takes some seconds. */
export async function startBwServe(): Promise<BwServe> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bw-'));
  const certificates = makeCertificates();
  const server = await BitwardenServer.start(certificates);
  const env = {
    BITWARDENCLI_APPDATA_DIR: folder,
    BW_NOINTERACTION: 'true',
    // It talks to its server by TLS only.
    NODE_EXTRA_CA_CERTS: certificates.caFile,
  };
  let serving: ChildProgram | null = null;
  const stop = async () => {
    await serving?.close();
    await server.close();
    certificates.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  const run = async (argv: string[], secrets: Record<string, string> = {}) => {
    const program = startNodeProgram([PROGRAM, ...argv], folder, { env: { ...env, ...secrets } });
    if ((await program.ended) !== 0) throw new Error(`bw ${argv[0]} failed:\n${program.output()}`);
    return program.stdout();
  };
  const unlock = async () => {
    const session = await run(['unlock', '--passwordenv', 'MASTER_PASSWORD', '--raw'], {
      MASTER_PASSWORD: server.masterPassword,
    });
    return { BW_SESSION: session.trim() };
  };
  let unlocked: Promise<{ BW_SESSION: string }> | null = null;
  const exported = async (password?: string) => {
    unlocked ??= unlock();
    await run(['sync'], await unlocked);
    const format = password === undefined ? ['json'] : ['encrypted_json', '--password', password];
    return run(['export', '--raw', '--format', ...format], await unlocked);
  };
  try {
    await run(['config', 'server', server.url]);
    await run(['login', server.email, '--passwordenv', 'MASTER_PASSWORD'], { MASTER_PASSWORD: server.masterPassword });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    serving = startNodeProgram([PROGRAM, 'serve', '--hostname', '127.0.0.1', '--port', String(port)], folder, { env });
    await answers(url, serving);
    return { url, server, exported, output: serving.output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** It does not say when it listens. */
async function answers(url: string, serving: ChildProgram): Promise<void> {
  let over = false;
  void serving.ended.then(() => {
    over = true;
  });
  while (!over) {
    const answer = await fetch(`${url}/status`).catch(() => null);
    if (answer?.ok) return;
    await delay(50);
  }
  throw new Error(`bw serve ended:\n${serving.output()}`);
}

/** Passes a request on to `bw serve`, as a proxy before it does. */
export async function passOn(url: string, { method, url: asked, text }: ServiceRequest): Promise<ServiceAnswer> {
  const { statusCode, body } = await request(`${url}${asked.pathname}${asked.search}`, {
    method: method as 'GET',
    // A connection of its own: it closes those that are kept when it likes.
    reset: true,
    ...(text !== '' && { body: text, headers: { 'content-type': 'application/json' } }),
  });
  return { status: statusCode, body: await body.json() };
}
