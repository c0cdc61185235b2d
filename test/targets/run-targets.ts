import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Secret } from 'otpauth';
import { ensureChromium } from '../../src/browser/ensure-chromium.ts';
import { temporaryService } from '../../src/commands/temporary-service.ts';
import { loadConfig } from '../../src/config.ts';

// npm run targets [-- name …]: logs in to real applications through the service and prints what came of it as a table.

const FOLDER = path.resolve(import.meta.dirname, '../../../shared/targets');
/** The first start of some installs packages. */
const UP_MS = 10 * 60_000;
const run = promisify(execFile);

/** What a target prints when it is up. */
interface Target {
  loginUrl: string;
  username?: string;
  password: string;
  wrongPassword: string;
  totpSecret?: string;
  countLoginAttempts: { lineMatches: string; accessLog: string };
}

/** A login, the outcome it must have, and whether the site has words for it. */
interface Attempt {
  name: string;
  password: string;
  totp: string | undefined;
  outcome: string;
  words: boolean;
}

interface Row {
  target: string;
  login: string;
  outcome: string;
  words: string;
  attempts: number;
  seconds: string;
  right: boolean;
}

const names = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter(
      (name) => existsSync(path.join(FOLDER, name, 'up')) && statSync(path.join(FOLDER, name)).isDirectory(),
    )
  : [];
const wanted = process.argv.slice(2);
const chosen = names.filter((name) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) {
  console.log('SKIPPED targets: the applications are not on this machine');
  process.exit(0);
}

const { executable } = await ensureChromium({ chromium: process.env.KEYTURN_CHROMIUM || null }, (line) =>
  console.log(line),
);
const service = await temporaryService(loadConfig({ KEYTURN_CHROMIUM: executable }), {
  allowNetworks: ['127.0.0.0/8'],
});
const rows: Row[] = [];
try {
  for (const name of chosen) {
    try {
      const target = await up(name);
      for (const attempt of attemptsAt(target)) rows.push(await tryOnce(name, target, attempt));
    } catch (error) {
      const words = error instanceof Error ? error.message.trim().split('\n').at(-1) : '';
      rows.push({
        target: name,
        login: 'start',
        outcome: 'none',
        words: words ?? '',
        attempts: 0,
        seconds: '',
        right: false,
      });
    } finally {
      await run(path.join(FOLDER, name, 'down'), { timeout: UP_MS });
    }
    console.table(rows.filter((row) => row.target === name));
  }
} finally {
  await service.close();
}
console.table(rows);
const missed = rows.filter(({ right }) => !right);
console.log(missed.length === 0 ? `all ${rows.length} right` : `${missed.length} of ${rows.length} MISSED`);
process.exitCode = missed.length === 0 ? 0 : 1;

async function up(name: string): Promise<Target> {
  const { stdout } = await run(path.join(FOLDER, name, 'up'), { timeout: UP_MS, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** The wrong password, the wrong code where there is one, and last the right login. */
function attemptsAt({ password, wrongPassword, totpSecret }: Target): Attempt[] {
  const wrong = {
    name: 'wrong password',
    password: wrongPassword,
    totp: totpSecret,
    outcome: 'wrong_credentials',
    words: true,
  };
  const seed = {
    name: 'wrong code',
    password,
    totp: new Secret({ size: 20 }).base32,
    outcome: 'wrong_code',
    words: true,
  };
  const right = { name: 'right', password, totp: totpSecret, outcome: 'logged_in', words: false };
  return totpSecret ? [wrong, seed, right] : [wrong, right];
}

async function tryOnce(name: string, target: Target, attempt: Attempt): Promise<Row> {
  const before = seenBy(target);
  const started = performance.now();
  const { credential_id: credential, workflow_run_id: id } = await service.call<{
    credential_id: string;
    workflow_run_id: string;
  }>('POST', '/v1/credentials/test-login', {
    url: target.loginUrl,
    password: attempt.password,
    ...(target.username && { username: target.username }),
    ...(attempt.totp && { totp: attempt.totp }),
  });
  let answer: { outcome: string | null; finished_at: string | null; site_message: string | null; steps: number };
  do {
    answer = await service.call('GET', `/v1/credentials/${credential}/test/${id}?wait=60`);
  } while (answer.finished_at === null);
  const attempts = seenBy(target) - before;
  const words = answer.site_message ?? '';
  // HTTP authentication has no page to quote, and its log does not tell a request with a credential from one without.
  const challenged = target.countLoginAttempts.lineMatches.startsWith('GET');
  const quoted = !attempt.words || words !== '' || challenged;
  const once = challenged || attempts === answer.steps;
  return {
    target: name,
    login: attempt.name,
    outcome: answer.outcome ?? 'none',
    words,
    attempts,
    seconds: ((performance.now() - started) / 1_000).toFixed(1),
    right: answer.outcome === attempt.outcome && quoted && once,
  };
}

/** Login attempts in the log of the pass-through in front of the application. */
function seenBy({ countLoginAttempts: { lineMatches, accessLog } }: Target): number {
  const pattern = new RegExp(lineMatches);
  return existsSync(accessLog)
    ? readFileSync(accessLog, 'utf8')
        .split('\n')
        .filter((line) => pattern.test(line)).length
    : 0;
}
