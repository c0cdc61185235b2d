import type { EgressTrouble } from '../../src/egress/egress-trouble.ts';
import type { JobHandlers, LoginJob, PasskeyAnswer } from '../../src/execution/protocol.ts';

/** A job for the odd engine: the phase is the URL's fragment. */
export function oddJob(url: string, phase: string, session: LoginJob['session'] = null): LoginJob {
  return {
    run_id: `wr_${phase}`,
    task: {
      url: `${url}#${phase}`,
      url_is_secret: false,
      goal: session ? 'check_first' : 'fresh',
      check_url: null,
      has_username: true,
      has_password: true,
      totp_type: 'none',
      code_ways: [],
      passkey_rp_id: null,
      extra_fields: [],
      allowed_origins: [],
      save_session: false,
      limits: { steps: 3, actions: 12, run_ms: 30_000, code_ms: 30_000 },
    },
    session,
    record: 'off',
    planner: false,
  };
}

/** Main's side of a run that answers plainly and writes down what it was told, and when its contexts closed. */
export class RecordedHandlers implements JobHandlers {
  readonly told: string[] = [];
  closed = 0;
  closedAt = 0;
  /** Resolves at the first code request; the code is given when `code` resolves. */
  readonly codeAsked = Promise.withResolvers<void>();
  readonly code = Promise.withResolvers<{ code: string; notes: string[] }>();
  readonly #waiting: { pattern: RegExp; resolve: () => void }[] = [];

  #tell(text: string): void {
    this.told.push(text);
    for (const waiter of this.#waiting) if (waiter.pattern.test(text)) waiter.resolve();
  }

  /** Resolves once something told matches. */
  async heard(pattern: RegExp): Promise<void> {
    if (this.told.some((text) => pattern.test(text))) return;
    await new Promise<void>((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  async needCredential() {
    this.#tell('credential');
    return { username: 'anna', password: 'twelve-random', extra_fields: {}, start_url: null };
  }

  async maySubmit(stage: string, origin: string) {
    this.#tell(`may-submit ${stage} ${origin}`);
    return { granted: true as const };
  }

  needCode() {
    this.#tell('code');
    this.codeAsked.resolve();
    return this.code.promise;
  }

  async plan() {
    this.#tell('plan');
    return { declined: 'budget' as const };
  }

  async needPasskey(): Promise<PasskeyAnswer> {
    this.#tell('passkey');
    return null;
  }

  passkeySettled(signCount: number) {
    this.#tell(`passkey-settled ${signCount}`);
  }

  egressTrouble({ kind, host, port }: EgressTrouble) {
    this.#tell(`egress ${kind} ${host} ${port}`);
  }

  event(event: { event: string; data: Record<string, unknown> }) {
    this.#tell(`event ${event.event} ${JSON.stringify(event.data)}`);
  }

  artifact(name: string, bytes: Uint8Array) {
    this.#tell(`artifact ${name} ${bytes.length}`);
  }

  recording(kind: string, bytes: Uint8Array) {
    this.#tell(`recording ${kind} ${bytes.length}`);
  }

  contextClosed() {
    this.closed += 1;
    this.closedAt = performance.now();
  }
}
