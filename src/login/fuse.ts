import { type Ending, type LoginRun, note } from './login-run.ts';
import { lookAlike } from './origins.ts';

/** Tells the fuse which secrets the next action types; arms it first where it is not yet. */
export async function armFuse(run: LoginRun, secrets: readonly string[]): Promise<void> {
  const policy = {
    allows: (origin: string) => run.origins.has(origin),
    notSecret: run.secret?.username ? [run.secret.username] : [],
    known: (destination: string) => run.known.has(destination),
  };
  run.fuse ??= await run.progress.part('fuse', () => run.ports.armFuse(run.page.context(), policy));
  run.fuse.begin(secrets);
}

/** The end of a run whose page was about to send a secret again, or to where it may not go. */
export function fuseEnding(run: LoginRun): Ending | null {
  const proof = run.fuse?.proof;
  if (!proof) return null;
  const { kind, method, origin, path, at } = proof;
  // Asked again after the outcome was found: noted once.
  const say = (text: string) => {
    if (run.evidence.some(({ signal }) => signal === 'fuse')) return;
    note(run, 'fuse', -4, text);
    const likeness = kind === 'foreign' ? lookAlike(origin, run.origins) : null;
    if (likeness !== null) note(run, 'look_alike', -3, likeness);
  };
  const place = `${method} ${origin}${path}`;
  const rule = kind === 'foreign' ? null : ('submitted_without_success' as const);
  if (kind === 'foreign') {
    say(`The page was about to send the secret to ${place} at ${at}, which is not allowed; it was stopped.`);
    return { code: 'egress_denied', details: { origin, method, path, at }, rule };
  }
  const how = kind === 'heuristic' ? ' (fuse: heuristic, the page changes what is typed before it sends it)' : '';
  say(`A second submission to ${place} at ${at} was stopped before it left${how}.`);
  return {
    code: 'second_submission_blocked',
    details: { method, origin, path, at, fuse: kind === 'heuristic' ? 'heuristic' : 'match' },
    rule,
  };
}

/** The end of a run whose submission left and whose answer never came. */
export function lostEnding(run: LoginRun): Ending | null {
  if (!run.fuse?.lost) return null;
  note(run, 'no_answer', -1, 'The answer to the submission did not come; the site may have taken it.');
  return { code: 'inconclusive' };
}
