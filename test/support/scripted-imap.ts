import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { TestCertificates } from './test-certificates.ts';

/** What the server does with one command; nothing said: it is left without an answer. */
export type ImapScript = (command: { tag: string; name: string; rest: string }, socket: Socket) => void;

export interface ScriptedImap {
  readonly port: number;
  /** The commands of all connections, without their tags and arguments. */
  readonly commands: string[];
  connections(): number;
  close(): Promise<void>;
}

/** A server that talks IMAP as badly as a test wants. `greeting` null: it says nothing; one that is none: and hangs up. */
export async function startScriptedImap(
  certificates: TestCertificates | null,
  greeting: string | null,
  script: ImapScript,
): Promise<ScriptedImap> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (greeting?.startsWith('*')) socket.write(greeting);
    else if (greeting !== null) socket.end(greeting);
    let rest = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [tag = '', name = '', ...args] = line.split(' ');
        commands.push(name.toUpperCase());
        script({ tag, name: name.toUpperCase(), rest: args.join(' ') }, socket);
      }
    });
  };
  const server: Server = certificates
    ? createServer({ cert: certificates.cert, key: certificates.key }, serve)
    : createPlainServer(serve);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    commands,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers what comes before a folder is open, and refuses what is not known. */
export function politeImap(capabilities: string, more: ImapScript = () => undefined): ImapScript {
  return (command, socket) => {
    const { tag, name } = command;
    const say = (...lines: string[]) => socket.write(`${lines.join('\r\n')}\r\n`);
    if (name === 'CAPABILITY') say(`* CAPABILITY IMAP4rev1 ${capabilities}`, `${tag} OK done`);
    else if (name === 'LOGIN' || name === 'AUTHENTICATE') say(`${tag} OK logged in`);
    else if (name === 'LIST' || name === 'LSUB') say('* LIST (\\HasNoChildren) "/" INBOX', `${tag} OK done`);
    else if (name === 'EXAMINE') {
      say('* 0 EXISTS', '* OK [UIDVALIDITY 7] valid', '* OK [UIDNEXT 1] next', `${tag} OK [READ-ONLY] open`);
    } else if (['NAMESPACE', 'ID', 'ENABLE', 'NOOP', 'LOGOUT'].includes(name)) say(`${tag} OK done`);
    else more(command, socket);
  };
}
