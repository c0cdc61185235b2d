import { judgeAfterSubmit } from './after-submit.ts';
import { fillAndSend } from './approach.ts';
import { trustOrigins } from './check-places.ts';
import type { Ending, LoginRun } from './login-run.ts';
import { FORM_MS } from './patience.ts';
import type { SeenPage } from './seen-page.ts';
import { awaitApproval } from './strategies/approval.ts';
import { answerInterstitial, askedQuestion, chooseMethod } from './strategies/clear-the-way.ts';
import { submitExtra } from './strategies/extra-fields.ts';
import { followMail } from './strategies/magic-link.ts';
import { usePasskey } from './strategies/passkey.ts';
import { followPlan } from './strategies/planned.ts';
import { chooseFactor, showOthers } from './strategies/second-factor.ts';
import { followAnswer } from './windows.ts';

/** After a submission: what the page makes of it. */
export async function respond(run: LoginRun, page: SeenPage): Promise<Ending | null> {
  if (await followAnswer(run, page)) return null;
  const verdict = await judgeAfterSubmit(run, page);
  if (verdict.next === 'end')
    return verdict.ending.code === 'inconclusive' ? unsure(run, verdict.ending) : verdict.ending;
  if (verdict.next === 'wait') return null;
  const { look } = page;
  if (verdict.strategy === 'interstitial') {
    const question = await askedQuestion(run, look);
    if (question && (await answerInterstitial(run, look, question))) return null;
    // The answer is on its way for a moment.
    if (performance.now() - run.quietSince < FORM_MS / 2) return null;
    return {
      code: 'needs_more_information',
      details: { field: look.observation.headings[0] ?? 'a question' },
      rule: 'asks_for_more',
    };
  }
  if (verdict.strategy === 'magic_link') return followMail(run, look, verdict.said);
  if (verdict.strategy === 'approval') {
    await awaitApproval(run, verdict.asked, look.observation);
    return null;
  }
  if (verdict.strategy === 'factor') {
    await chooseFactor(run, look, verdict.option);
    return null;
  }
  if (verdict.strategy === 'others') {
    await showOthers(run, look, verdict.button);
    return null;
  }
  if (verdict.strategy === 'method') {
    await chooseMethod(run, look, verdict.button);
    return null;
  }
  if (verdict.strategy === 'passkey') {
    await usePasskey(run, page, verdict.button);
    return null;
  }
  // A provider on another host the login led to before the password was typed.
  trustOrigins(run);
  if (verdict.strategy === 'extra') await submitExtra(run, page, verdict.extras);
  else await fillAndSend(run, page, verdict.strategy);
  return null;
}

/** "Cannot tell" after a submission: the planner may know how to go on, or what the page says. */
async function unsure(run: LoginRun, ending: Ending): Promise<Ending | null> {
  const planned = await followPlan(run, run.submissions.password > 0 ? 'judge' : 'what_now');
  return planned === 'acted' ? null : (planned ?? ending);
}
