/** Exit codes of every command. */
export const EXIT = { passed: 0, failed: 1, usage: 2, couldNotRun: 3 } as const;

/** A 400 speaks of what the command was given. */
export function exitCodeOfRefusal(status: number): number {
  return status === 400 ? EXIT.usage : EXIT.couldNotRun;
}

/** A command that could not do its work, in one sentence. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number = EXIT.couldNotRun) {
    super(sentence);
    this.exitCode = exitCode;
  }

  /** An answer of the API that is no success: its detail, and what was wrong where. */
  static fromAnswer(status: number, text: string): CommandFailed {
    const body = parsed(text);
    const places = body.errors?.map((error) => `${error.path} ${error.message}`).join('; ');
    const sentence = [body.detail ?? `The service answered ${status}.`, places].filter(Boolean).join(' ');
    return new CommandFailed(sentence, exitCodeOfRefusal(status));
  }
}

function parsed(text: string): { detail?: string; errors?: { path: string; message: string }[] } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
