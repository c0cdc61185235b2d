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
  /** The API's code of an answer that is no success; null: there was no such answer. */
  readonly code: string | null;

  constructor(sentence: string, exitCode: number = EXIT.couldNotRun, code: string | null = null) {
    super(sentence);
    this.exitCode = exitCode;
    this.code = code;
  }

  /** An answer of the API that is no success: its detail, and what was wrong where. */
  static fromAnswer(status: number, text: string): CommandFailed {
    const body = parsed(text);
    const places = body.errors?.map((error) => `${error.path} ${error.message}`).join('; ');
    const sentence = [body.detail ?? `The service answered ${status}.`, places].filter(Boolean).join(' ');
    return new CommandFailed(sentence, exitCodeOfRefusal(status), body.code);
  }
}

function parsed(text: string): { code?: string; detail?: string; errors?: { path: string; message: string }[] } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
