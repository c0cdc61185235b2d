import { password as askHidden, isCancel } from '@clack/prompts';
import { CommandFailed, EXIT } from './command-failed.ts';

/** The secrets of a login, as the body of a request names them. */
export interface LoginSecrets {
  password: string;
  totp?: string;
}

/**
 * The password, and the TOTP seed when `--totp-secret` came without one: from hidden prompts, or line by line from standard
 * input when that is no terminal. Never only from arguments: other users of the machine can read those.
 */
export async function askLoginSecrets(what: string, totpSecret: string | true | undefined): Promise<LoginSecrets> {
  const names = totpSecret === true ? [what, 'TOTP seed'] : [what];
  const [password = '', seed] = process.stdin.isTTY ? await fromPrompts(names) : await fromStandardInput(names);
  const totp = totpSecret === true ? seed : totpSecret;
  return { password, ...(totp !== undefined && { totp }) };
}

/**
 * A password by itself: the first line of standard input where that is asked for, else from a hidden prompt. Without a
 * terminal nothing is waited for.
 */
export async function askPassword(what: string, fromInput: boolean): Promise<string> {
  if (!fromInput && !process.stdin.isTTY) {
    throw new CommandFailed(`Give the ${what} on standard input, with --password-stdin.`, EXIT.usage);
  }
  const [password = ''] = await (fromInput ? fromStandardInput([what]) : fromPrompts([what]));
  return password;
}

async function fromPrompts(names: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const name of names) {
    const answer = await askHidden({ message: `The ${name}`, output: process.stderr });
    if (isCancel(answer) || !answer) throw new CommandFailed(`Without the ${name} there is nothing to do.`, EXIT.usage);
    answers.push(answer);
  }
  return answers;
}

async function fromStandardInput(names: readonly string[]): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString('utf8').split(/\r?\n/);
  return names.map((name, at) => {
    const line = lines[at];
    if (!line) {
      const where = at === 0 ? 'on standard input' : `on line ${at + 1} of standard input`;
      throw new CommandFailed(`The ${name} is expected ${where}.`, EXIT.usage);
    }
    return line;
  });
}
