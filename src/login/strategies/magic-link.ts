import { says } from '../fields/words.ts';
import { armFuse } from '../fuse.ts';
import { secretsOfLink } from '../link-secrets.ts';
import { begin, deny, Ended, type Ending, type LoginRun, note } from '../login-run.ts';
import type { Observation } from '../observation.ts';
import type { Look } from '../observe.ts';
import { openPage } from '../open-page.ts';
import { arm } from '../submit.ts';
import { askCode } from './one-time-code.ts';

/** The page's sentence that a link was sent, new since the submission; null when there is none. */
export function linkSent(run: LoginRun, observation: Observation): string | null {
  const said = [...observation.headings, ...observation.lines].find(
    (line) => !run.before.lines.has(line) && line.length <= 300 && says('linkSent', line),
  );
  return said ?? null;
}

/** Waits for the link that the site has sent and opens it, once, in the context that asked for it. */
export async function followMail(run: LoginRun, look: Look, said: string): Promise<Ending | null> {
  note(run, 'link_sent', -1, said);
  run.progress.step();
  const { code: address } = await askCode(run, 'magic_link');
  return openLink(run, look, address);
}

/**
 * Opens a link that logs in whoever opens it: the code's stage, with all that holds for it. Where it leads must be
 * allowed, and nothing of it is shown.
 */
export async function openLink(run: LoginRun, look: Look | null, address: string): Promise<Ending | null> {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) {
    note(run, 'no_link', -2, 'What came is not the address of a page.');
    throw new Ended({ code: 'inconclusive' });
  }
  for (const secret of secretsOfLink(address)) run.secrets.add(secret);
  if (!run.origins.has(url.origin)) deny(run, url.origin, `The link leads to ${url.origin}`);
  await begin(run, 'code', url.origin);
  await armFuse(run, secretsOfLink(address));
  arm(run, look).submitting();
  run.fuse?.submitted();
  const opened = await openPage(run, run.page, address);
  run.submittedAt = performance.now();
  run.lastStages = ['code'];
  run.submissions.code = 1;
  run.ports.event({ event: 'stage', data: { stage: 'code', state: 'submitted' } });
  return 'ending' in opened ? opened.ending : null;
}
