import { password as askHidden, isCancel } from '@clack/prompts';
import { CommandFailed, EXIT } from './command-failed.ts';

/**
 * A secret from a hidden prompt, or the first line of standard input when that is no terminal. Never from arguments: other
 * users of the machine can read those.
 */
export async function askSecret(what: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    const line = Buffer.concat(chunks).toString('utf8').split(/\r?\n/)[0] ?? '';
    if (line === '') throw new CommandFailed(`The ${what} is expected on standard input.`, EXIT.usage);
    return line;
  }
  const answer = await askHidden({ message: `The ${what}`, output: process.stderr });
  if (isCancel(answer) || !answer) throw new CommandFailed(`Without the ${what} there is nothing to do.`, EXIT.usage);
  return answer;
}
