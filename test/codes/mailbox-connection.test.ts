import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { MailboxConnection } from '../../src/codes/mailbox-connection.ts';
import { troubleOf } from '../../src/codes/mailbox-trouble.ts';
import { GuardedClient } from '../../src/egress/guarded-client.ts';
import { OwnPlaces } from '../../src/egress/own-places.ts';
import type { MailboxSecret } from '../../src/vaults/vault.ts';
import { freePort } from '../support/free-port.ts';
import { type ImapScript, politeImap, startScriptedImap } from '../support/scripted-imap.ts';
import { describeWith } from '../support/skip.ts';
import { makeCertificates, openssl, type TestCertificates } from '../support/test-certificates.ts';

const HELLO = '* OK ready\r\n';
const PASSWORD = 'kt-scripted-password';

describeWith(openssl, 'the connection to a mailbox whose server misbehaves', () => {
  const ownPlaces = new OwnPlaces();
  const client = new GuardedClient(['127.0.0.0/8'], ownPlaces);
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  afterAll(async () => {
    await client.close();
    certificates.remove();
  });

  const start = async (greeting: string | null, script: ImapScript, { tls = true } = {}) => {
    const server = await startScriptedImap(tls ? certificates : null, greeting, script);
    onTestFinished(() => server.close());
    return server;
  };
  const open = async (port: number, change: Partial<MailboxSecret> = {}, signal = new AbortController().signal) => {
    const mailbox: MailboxSecret = {
      host: 'localhost',
      port,
      secure: true,
      user: 'ada',
      password: PASSWORD,
      access_token: null,
      folder: 'INBOX',
      senders: [],
      ca: certificates.ca,
      ...change,
    };
    const connection = await MailboxConnection.open(mailbox, { client, attempt: 0, signal });
    onTestFinished(() => connection.close());
    return connection;
  };
  const troubleAt = async (opening: Promise<unknown>) => {
    const error = await opening.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).not.toBeNull();
    const trouble = troubleOf(error);
    expect(trouble.text).not.toContain(PASSWORD);
    expect(trouble.text).not.toContain('secret of the server');
    return trouble;
  };

  test('a login that is refused is one attempt, and what the server says of it is not repeated', async () => {
    const server = await start(HELLO, (command, socket) => {
      if (command.name === 'LOGIN' || command.name === 'AUTHENTICATE') {
        socket.write(`${command.tag} NO [AUTHENTICATIONFAILED] secret of the server ${PASSWORD}\r\n`);
      } else politeImap('AUTH=PLAIN AUTH=LOGIN SASL-IR')(command, socket);
    });
    expect(await troubleAt(open(server.port))).toMatchObject({
      final: true,
      text: expect.stringContaining('refused the login'),
    });
    expect(server.commands.filter((name) => name === 'LOGIN' || name === 'AUTHENTICATE')).toHaveLength(1);
    expect(server.connections()).toBe(1);
  });

  test('a place of the service itself is no mail server, and nothing tells whether anyone listens there', async () => {
    const server = await start(HELLO, politeImap('AUTH=PLAIN'));
    const closed = await freePort();
    for (const port of [server.port, closed]) {
      ownPlaces.addServer({ host: '127.0.0.1', port, web: false });
      const text = `The mail server could not be reached: port ${port} at the address`;
      expect(await troubleAt(open(port))).toEqual({
        final: true,
        text: expect.stringMatching(new RegExp(`^${text} .* belongs to Keyturn itself\\.$`)),
      });
    }
    expect(server.connections()).toBe(0);
  });

  test('a server that takes the password only without TLS does not get it', async () => {
    const server = await start(HELLO, politeImap('AUTH=PLAIN'), { tls: false });
    expect(await troubleAt(open(server.port, { secure: false }))).toMatchObject({
      final: true,
      text: expect.stringContaining('offers no TLS'),
    });
    expect(server.commands).not.toContain('LOGIN');
    expect(server.commands).not.toContain('AUTHENTICATE');
  });

  test('garbage is a lost connection', async () => {
    const noise = await start('\u0000\u0001 HTTP/1.1 400 secret of the server\r\n\r\n', () => undefined);
    expect(await troubleAt(open(noise.port))).toMatchObject({ final: false });
    const later = await start(HELLO, ({ tag }, socket) => {
      socket.write(`* (((((\r\n* 5 FETCH {99999999999}\r\n${tag} WHAT secret of the server\r\n`);
      socket.end();
    });
    expect(await troubleAt(open(later.port))).toMatchObject({ final: false });
  });

  test('a server that says nothing is left as soon as the run is over', async () => {
    const silent = await start(null, () => undefined);
    const over = new AbortController();
    const opening = open(silent.port, {}, over.signal);
    await expect.poll(() => silent.connections()).toBe(1);
    over.abort(new Error('the run is over'));
    await expect(opening).rejects.toThrow('the run is over');
  });

  test('a connection that ends during IDLE ends the wait', async () => {
    const server = await start(
      HELLO,
      politeImap('AUTH=PLAIN IDLE', ({ tag, name, rest }, socket) => {
        if (name === 'UID' && rest.startsWith('SEARCH')) socket.write(`* SEARCH\r\n${tag} OK done\r\n`);
        if (name === 'IDLE') socket.end('+ idling\r\n');
      }),
    );
    const connection = await open(server.port);
    expect(await connection.heads(1, new Date())).toEqual([]);
    expect(await troubleAt(connection.next())).toMatchObject({ final: false });
  });

  test('a server without IDLE is asked now and then', async () => {
    let asked = 0;
    const server = await start(HELLO, (command, socket) => {
      if (command.name === 'NOOP') asked += 1;
      if (command.name === 'NOOP' && asked === 2) socket.write('* 1 EXISTS\r\n');
      politeImap('AUTH=PLAIN', ({ tag, name, rest }) => {
        if (name === 'UID' && rest.startsWith('SEARCH')) socket.write(`* SEARCH\r\n${tag} OK done\r\n`);
      })(command, socket);
    });
    const connection = await open(server.port);
    await connection.heads(1, new Date());
    await connection.next();
    expect(asked).toBe(2);
  });
});
