import type { Command } from 'commander';

/** For the data folder, which may hold several organizations; a service knows the caller's by its key. */
export function organizationOption(command: Command): Command {
  return command.option('--organization <id>', 'the organization in the data folder; the first when left out');
}

/** The flag and what it means. Without a value the seed is asked for, so that it need not stand among the arguments. */
export const TOTP_SECRET = [
  '--totp-secret [seed]',
  'TOTP seed, base32 or otpauth://; with no value it is asked for, or read from line 2 of standard input',
] as const;
