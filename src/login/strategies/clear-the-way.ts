import { fold } from '../../fold.ts';
import { phrasePattern, says } from '../fields/words.ts';
import { type LoginRun, note } from '../login-run.ts';
import type { ButtonView } from '../observation.ts';
import type { Look } from '../observe.ts';
import { isLogOut, opensLogin, type PageState } from '../page-state.ts';

const CLICK_TIMEOUT_MS = 3_000;

/** What closes a banner or answers a question on the way. Refusing comes first: nothing is agreed to that need not be. */
const DECLINE = phrasePattern(`
  reject all; reject; decline; refuse; only necessary; necessary only; essential only; not now; no thanks; no, thanks; |no|;
  skip; later; remind me later; maybe later; dismiss; alle ablehnen; ablehnen; nur notwendige; nur erforderliche; nicht jetzt;
  spater; uberspringen; |nein|; tout refuser; refuser; continuer sans accepter; plus tard; pas maintenant; ignorer; |non|;
  rechazar; solo necesarias; ahora no; mas tarde; omitir; rejeitar; recusar; agora nao; mais tarde; |nao|; rifiuta; non ora;
  piu tardi; salta; weigeren; niet nu; |nee|; odrzuc; nie teraz; pozniej; |nie|; отклонить; не сейчас; позже; пропустить; |нет|;
  reddet; simdi degil; |hayir|; 拒否; 後で; スキップ; いいえ; 拒绝; 以后再说; 暂不; 跳过; 否; 거부; 나중에; 아니; 건너뛰기; رفض; لاحق; تخطي; |لا|`);
const ACCEPT = phrasePattern(`
  accept all; accept; agree; allow all; got it; i understand; |ok|; |okay|; |yes|; continue; close; alle akzeptieren;
  akzeptieren; zustimmen; einverstanden; verstanden; |ja|; tout accepter; accepter; j'accepte; compris; |oui|; aceptar; entendido;
  de acuerdo; |si|; aceitar; concordo; |sim|; accetta; accetto; ho capito; accepteren; akkoord; akceptuj; zgadzam; rozumiem;
  принять; согласен; понятно; |да|; kabul; anladim; tamam; 同意; 承諾; はい; 接受; 好的; 동의; 확인; موافق; قبول; حسنا`);

function candidates(look: Look, pattern: RegExp): ButtonView[] {
  return look.observation.buttons.filter(
    (button) =>
      button.visible &&
      !button.covered &&
      !button.disabled &&
      button.text !== '' &&
      button.text.length <= 40 &&
      !isLogOut(button) &&
      !says('register', button.text) &&
      !says('otherMethod', button.text) &&
      (button.href === '' || button.href.startsWith('#')) &&
      pattern.test(fold(button.text)),
  );
}

async function click(run: LoginRun, look: Look, button: ButtonView): Promise<boolean> {
  if (!run.progress.action()) return false;
  const element = await look.element(button);
  try {
    await run.progress.part('clear', async () => {
      await element?.click({ timeout: CLICK_TIMEOUT_MS, noWaitAfter: true, signal: run.progress.signal });
    });
    return true;
  } catch (error) {
    if (run.progress.signal.aborted) throw error;
    return false;
  }
}

/** Something lies over the form: a cookie banner, a notice. Closes it, refusing where that is offered. */
export async function uncover(run: LoginRun, look: Look): Promise<boolean> {
  const button = candidates(look, DECLINE)[0] ?? candidates(look, ACCEPT)[0];
  if (!button) return false;
  note(run, 'banner_closed', 0, `"${button.text}" was clicked, because something lay over the form.`);
  return click(run, look, button);
}

/**
 * A question between login and session ("Stay signed in?", a passkey nag): declined, or answered where it must be. The
 * same question on the same page is answered once.
 */
export async function answerInterstitial(run: LoginRun, look: Look): Promise<boolean> {
  const button = candidates(look, DECLINE)[0] ?? candidates(look, ACCEPT)[0];
  const question = JSON.stringify([look.observation.url, look.observation.headings, button?.text]);
  if (!button || run.answered.has(question)) return false;
  run.answered.add(question);
  note(run, 'interstitial', 0, `"${button.text}" was clicked on a page between login and session.`);
  return click(run, look, button);
}

/** No form yet: opens it by the control that says so. Each control is tried once. */
export async function openForm(run: LoginRun, look: Look, tried: Set<string>): Promise<boolean> {
  const openers = look.observation.buttons.filter((button) => opensLogin(button) && !button.covered);
  const button = openers.find((found) => !tried.has(`${found.text} ${found.href}`));
  if (!button) return false;
  tried.add(`${button.text} ${button.href}`);
  note(run, 'form_opened', 0, `"${button.text}" was clicked to open the login form.`);
  return click(run, look, button);
}

/** Only other methods are offered: "Sign in with …" and nothing to type into. */
export function onlyOtherMethods(look: Look, state: PageState): string[] {
  if (state.fields.identifier || state.fields.password || state.fields.code.length > 0) return [];
  return look.observation.buttons
    .filter(
      (button) =>
        button.visible &&
        says('otherMethod', button.text) &&
        (says('submit', button.text) || says('next', button.text)),
    )
    .map((button) => button.text);
}
