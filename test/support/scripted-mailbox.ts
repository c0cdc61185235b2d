import type { Socket } from 'node:net';
import { politeImap, type ScriptedImap, startScriptedImap } from './scripted-imap.ts';
import type { TestCertificates } from './test-certificates.ts';

export interface ScriptedMailbox {
  readonly imap: ScriptedImap;
  /** A mail comes in; `at` is when the server says it did, by its own clock now when left out. */
  deliver(text: string, at?: Date): void;
  /** Connections that have the folder open. */
  opened(): number;
  /** No connection is answered from here on, until the function that is returned is called. */
  hold(): () => void;
  close(): Promise<void>;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');

function internalDate(date: Date): string {
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000`;
}

/** A folder with mails, over TLS, whose server's clock is `aheadMs` ahead of ours, and which takes `openMs` to open. */
export async function startScriptedMailbox(
  certificates: TestCertificates,
  { aheadMs = 0, openMs = 0 } = {},
): Promise<ScriptedMailbox> {
  const mails: { uid: number; text: string; at: Date }[] = [];
  const idling = new Map<Socket, string>();
  const open = new Set<Socket>();
  const late: (() => void)[] = [];
  const slow = new Set<NodeJS.Timeout>();
  let held = false;
  /** A mail that came between two commands is told with the next one (RFC 9051 §5.2). */
  const told = new WeakMap<Socket, number>();
  const tellSize = (socket: Socket): void => {
    if (told.get(socket) !== mails.length) socket.write(`* ${mails.length} EXISTS\r\n`);
    told.set(socket, mails.length);
  };
  const answer = ({ tag, name, rest }: { tag: string; name: string; rest: string }, socket: Socket): void => {
    const say = (text: string) => socket.write(`${text}\r\n`);
    const uids = (set: string) => {
      const [from = 0] = set.split(':').map(Number);
      return set.includes('*')
        ? mails.filter(({ uid }) => uid >= from)
        : mails.filter(({ uid }) => set.split(',').includes(String(uid)));
    };
    if (tag === 'DONE') {
      say(`${idling.get(socket)} OK done`);
      idling.delete(socket);
    } else if (name === 'EXAMINE') {
      const examined = (): void => {
        open.add(socket);
        socket.once('close', () => open.delete(socket));
        told.set(socket, mails.length);
        say(`* ${mails.length} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT ${mails.length + 1}] next`);
        say(`${tag} OK [READ-ONLY] open`);
      };
      if (openMs === 0) examined();
      else slow.add(setTimeout(examined, openMs));
    } else if (name === 'IDLE') {
      idling.set(socket, tag);
      say('+ idling');
      tellSize(socket);
    } else if (name === 'UID' && rest.startsWith('SEARCH')) {
      const set = /UID (\S+)/.exec(rest)?.[1] ?? '1:*';
      const since = Date.parse(`${/SINCE (\S+)/.exec(rest)?.[1] ?? '01-Jan-1970'} UTC`);
      const found = uids(set).filter(({ at }) => at.getTime() >= since);
      say(`* SEARCH${found.map(({ uid }) => ` ${uid}`).join('')}\r\n${tag} OK done`);
    } else if (name === 'UID' && rest.startsWith('FETCH')) {
      for (const { uid, text, at } of uids(rest.split(' ')[1] ?? '')) {
        const body = rest.includes('BODY') ? ` BODY[]<0> {${Buffer.byteLength(text)}}\r\n${text}` : '';
        say(`* ${uid} FETCH (UID ${uid} INTERNALDATE "${internalDate(at)}"${body})`);
      }
      say(`${tag} OK done`);
    } else politeImap('AUTH=PLAIN SASL-IR IDLE')({ tag, name, rest }, socket);
  };
  const imap = await startScriptedImap(certificates, '* OK ready\r\n', (command, socket) => {
    if (held) late.push(() => answer(command, socket));
    else answer(command, socket);
  });
  return {
    imap,
    deliver(text, at = new Date(Date.now() + aheadMs)) {
      mails.push({ uid: mails.length + 1, text: text.replaceAll(/\r?\n/g, '\r\n'), at });
      for (const socket of idling.keys()) tellSize(socket);
    },
    opened: () => open.size,
    hold() {
      held = true;
      return () => {
        held = false;
        for (const answered of late.splice(0)) answered();
      };
    },
    close() {
      for (const timer of slow) clearTimeout(timer);
      return imap.close();
    },
  };
}

/** A mail with a code as a site would send it. */
export const codeMail = (code: string): string => `From: Bank <no-reply@bank.test>
To: ada@lindgrove.test
Subject: Your sign-in
Content-Type: text/plain

Hello, your verification code is ${code}. It is valid for ten minutes.
`;
