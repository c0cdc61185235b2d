import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { ImapFlow, type SearchObject } from 'imapflow';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import { freePort } from './free-port.ts';
import type { Counterpart } from './skip.ts';
import { openssl, type TestCertificates } from './test-certificates.ts';

const PROGRAM = '/usr/sbin/dovecot';
const PARTS = ['imap', 'imap-login', 'lmtp'].map((name) => `/usr/lib/dovecot/${name}`);

export const dovecot: Counterpart = {
  name: 'Dovecot',
  available: openssl.available && [PROGRAM, ...PARTS].every((file) => existsSync(file)),
};

export interface DovecotServer {
  /** TLS from the first byte. */
  readonly imaps: number;
  /** STARTTLS; without it nobody can log in. */
  readonly imap: number;
  /** Hands a mail to the server by LMTP; resolves once it lies in the mailbox. */
  deliver(user: string, mail: SendMailOptions): Promise<void>;
  /** Lays a mail into a mailbox as if it had come at this time. */
  append(user: string, mail: SendMailOptions, receivedAt: Date): Promise<void>;
  /** How many mails lie in a mailbox, and how many of them are marked in any way. */
  count(user: string): Promise<{ all: number; marked: number }>;
  /** How many mails of a mailbox were read by IMAP so far. */
  reads(user: string): number;
  /** The lines of its log so far. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * A real IMAP server in a temporary folder; every user has the same password. `introspection`: where it asks whose an
 * access token is (RFC 7662); left out, it takes none.
 */
export async function startDovecot(
  certificates: TestCertificates,
  password: string,
  introspection: string | null = null,
): Promise<DovecotServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dovecot-'));
  const [imaps, imap, lmtp] = [await freePort(), await freePort(), await freePort()];
  const { username } = userInfo();
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
  const home = path.join(folder, 'home');
  mkdirSync(home);
  const { uid, gid } = mailUser();
  if (uid !== process.getuid?.()) {
    chownSync(home, uid, gid);
    letThrough(home);
  }
  const oauth = path.join(folder, 'oauth.conf');
  if (introspection !== null) writeFileSync(oauth, oauthConfiguration(introspection));
  const config = path.join(folder, 'dovecot.conf');
  writeFileSync(
    config,
    configuration({
      oauth: introspection === null ? null : oauth,
      folder,
      certificates,
      password,
      imaps,
      imap,
      lmtp,
      username,
      group,
      uid,
      gid,
    }),
  );
  // The shell stops the server when its input ends, so the server does not outlive a test run that is killed.
  const script = '"$@" & server=$!; read -r _; kill -TERM $server; wait $server';
  const argv = ['-c', script, 'sh', PROGRAM, '-F', '-c', config];
  const shell = spawn('sh', argv, { cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  const stop = async () => {
    shell.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let said = '';
  const ready = new Promise<boolean>((resolve) => {
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('starting up')) resolve(true);
      if (said.includes('Fatal:')) resolve(false);
    });
    shell.stderr.once('end', () => resolve(false));
  });
  if (!(await ready)) {
    await stop();
    throw new Error(`Dovecot did not start:\n${said}`);
  }
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: lmtp, lmtp: true, ignoreTLS: true });
  const asOwner = async <T>(user: string, work: (client: ImapFlow) => Promise<T>): Promise<T> => {
    const tls = { ca: [certificates.ca] };
    const auth = { user, pass: password };
    const client = new ImapFlow({ host: 'localhost', port: imaps, secure: true, tls, auth, logger: false });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  };
  return {
    imaps,
    imap,
    async deliver(user, mail) {
      await transport.sendMail({ to: user, ...mail, envelope: { from: 'bounce@lindgrove.test', to: user } });
    },
    append: (user, mail, receivedAt) =>
      asOwner(user, async (client) => {
        const raw = await new MailComposer({ to: user, ...mail }).compile().build();
        await client.append('INBOX', raw, [], receivedAt);
      }),
    count: (user) =>
      asOwner(user, async (client) => {
        await client.mailboxOpen('INBOX', { readOnly: true });
        const of = async (query: SearchObject) => ((await client.search(query)) || []).length;
        const marks = [{ seen: true }, { deleted: true }, { flagged: true }, { answered: true }];
        return { all: await of({ all: true }), marked: await of({ or: marks }) };
      }),
    reads: (user) =>
      said.split('\n').filter((line) => line.includes(`imap(${user})`) && line.includes('Opened mail')).length,
    log: () => said,
    stop,
  };
}

/** Dovecot never reads mail as root: there mails are those of the user whom its package made for strangers. */
function mailUser(): { uid: number; gid: number } {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  if (uid !== 0) return { uid, gid };
  const id = (flag: string) => Number(execFileSync('id', [flag, 'dovenull'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Our own folders above this one may be passed through, not read, by that user. */
function letThrough(place: string): void {
  for (let folder = path.dirname(place); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const { uid, mode } = statSync(folder);
    if (uid === process.getuid?.() && (mode & 0o11) !== 0o11) chmodSync(folder, (mode & 0o777) | 0o11);
  }
}

interface Settings {
  oauth: string | null;
  folder: string;
  certificates: TestCertificates;
  password: string;
  imaps: number;
  imap: number;
  lmtp: number;
  username: string;
  group: string;
  uid: number;
  gid: number;
}

function configuration(settings: Settings): string {
  const { oauth, folder, certificates, password, imaps, imap, lmtp, username, group, uid, gid } = settings;
  return `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = ${username}
default_login_user = ${username === 'root' ? 'dovenull' : username}
default_internal_group = ${group}
first_valid_uid = 1
mail_location = maildir:~/Maildir
auth_failure_delay = 0
log_debug = event=mail_opened
disable_plaintext_auth = yes
ssl = required
ssl_cert = <${certificates.certFile}
ssl_key = <${certificates.keyFile}
${oauth === null ? '' : oauthPassdb(oauth)}passdb {
  driver = static
  args = password={PLAIN}${password}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${folder}/home/%u allow_all_users=yes
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${lmtp}
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
protocol lmtp {
  ssl = no
}
`;
}

const oauthPassdb = (file: string): string => `auth_mechanisms = plain xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${file}
}
`;

const oauthConfiguration = (introspection: string): string => `introspection_url = ${introspection}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
`;
