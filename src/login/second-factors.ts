import { fold } from '../fold.ts';
import { phrasePattern, says } from './fields/words.ts';
import { isLogOut } from './log-out.ts';
import { isKeptNotUsed, namesPasskey } from './login-methods.ts';
import type { ButtonView, CheckView, Observation } from './observation.ts';

/* Second factors to choose between, as data: phrases in en de fr es pt it nl pl ru tr ja zh ko ar, folded. */

/** What a page may offer after the password. Nobody here can take a call or approve on a device. */
export type Factor = 'authenticator' | 'email' | 'text' | 'passkey' | 'recovery' | 'call' | 'approval';

const AUTHENTICATOR = phrasePattern(`
  authenticator; authentication app; authenticating app; verification app; |totp|; |otp| app; code generator; authentifizierungs-app;
  authentifizierungsapp; authentifikator; authenticator-app; bestatigungs-app; application d'authentification; appli d'authentification;
  app d'authentification; aplicacion de autenticacion; app de autenticacion; aplicacion autenticadora; autenticador;
  aplicativo de autenticacao; aplicacao de autenticacao; app di autenticazione; applicazione di autenticazione; app di verifica;
  authenticatie-app; authenticatieapp; verificatie-app; aplikacja uwierzytelniajaca; aplikacji uwierzytelniajacej;
  aplikacje uwierzytelniajaca; aplikacji authenticator; приложение для аутентификации; приложении для аутентификации;
  приложения для аутентификации; приложение-аутентификатор; приложении-аутентификаторе; аутентификатор;
  kimlik dogrulama uygulamasi; kimlik dogrulayici; dogrulama uygulamasi; 認証アプリ; 認証システム; オーセンティケーター; 身份验证器; 身份验证应用;
  验证器; 验证应用; 驗證器; 驗證應用; 인증 앱; 인증앱; otp 앱; 인증기; تطبيق المصادقة; تطبيق مصادقة; تطبيق التحقق`);

const EMAIL = phrasePattern(`
  e-mail; email; |mail|; courriel; correo; e-posta; eposta; почт; メール; 邮件; 邮箱; 電子郵件; 信箱; 이메일; 메일; البريد; بريد`);

const TEXT = phrasePattern(`
  text message; |text me; |texted|; |sms|; |sms-; -sms|; sms code; mobile number; phone number; textnachricht; handynummer; message texte;
  par texto; mensaje de texto; mensagem de texto; messaggio di testo; tekstbericht; wiadomosc tekstowa; wiadomosci tekstowej; смс;
  текстовое сообщение; текстовом сообщении; kisa mesaj; ショートメッセージ; 携帯電話番号; 短信; 简讯; 簡訊; 手机号; 手機號; 문자; 휴대폰 번호; رسالة نصية;
  رسائل نصية`);

/** Only as the name of an option: in a sentence a phone is also what the app is on. */
const PHONE = phrasePattern(
  '|text|; |phone|; |mobile|; |handy|; |telefon|; |telephone|; |telefono|; |telefone|; телефон; 電話; 手机; 手機; 휴대폰; الهاتف',
);

const CALL = phrasePattern(`
  phone call; voice call; call me; |call my; |voice|; anrufen; |anruf|; sprachanruf; appel vocal; appelez-moi; m'appeler; |appel|;
  llamada; llamame; chamada; ligacao; ligar para; chiamata; chiamami; |oproep|; bel mij; bellen; polaczenie; zadzwon; звонок; позвон;
  arama yap; sesli arama; beni ara; 音声通話; 電話をかけ; 電話を受け; 语音; 語音; 来电; 致电; 음성; 전화로; 전화 걸; 전화 받; مكالمة; اتصل`);

const APPROVAL = phrasePattern(`
  push notification; notification; |push|; approve; tap yes; benachrichtigung; mitteilung; genehmig; notification push; approuver;
  notificacion; aprobar; notificacao; aprovar; notifica; approva; melding; goedkeuren; powiadomienie; zatwierd; уведомлен; одобр;
  bildirim; 通知; 推送; 알림; إشعار`);

/** What makes the site send something: done once. */
const SENDS = phrasePattern(`
  |send|; send code; sends; text me; text a; email me; e-mail me; mail me; get a code; get code; get the code; receive; senden;
  schicken; zusenden; sende; erhalten; anfordern; envoyer; envoyez; recevoir; recevez; enviar; envia; enviarme; recibir; receber;
  invia; inviami; ricevi; ricevere; stuur; verstuur; verzend; ontvang; wyslij; otrzymaj; отправ; получ; gonder; 送信; 送る; 受け取; 发送; 發送;
  获取; 獲取; 傳送; 보내; 전송; 받기; إرسال; ارسال; أرسل; ارسل`);

/** A code that was sent before is not asked for again. */
const SENDS_AGAIN = phrasePattern(`
  resend; again; another code; new code; didn't get; not receive; erneut; nochmal; neuen code; renvoyer; nouveau code; reenviar;
  de nuevo; otra vez; nuevo codigo; novamente; novo codigo; di nuovo; nuovo codice; rinvia; opnieuw; nieuwe code; ponownie; nowy kod;
  повторно; еще раз; новый код; tekrar; yeni kod; 再送; もう一度; 重新; 再次; 다시; 재전송; مرة أخرى; إعادة`);

/** What the page is about, by its headings. */
const CHOICE = phrasePattern(`
  verify; verification; verifying; two-step; two-factor; 2-step; 2-factor; two step; two factor; second step; second factor;
  multi-factor; |mfa|; |2fa|; identity; it's you; it is you; confirm; authenticat; choose; select; how would you like; how do you want;
  another way; other ways; one more step; get a code; receive; bestatig; verifiz; zwei-faktor; zweiter faktor; zweistufig;
  zwei schritt; identitat; wahlen; auswahlen; methode; verifie; verifiez; deux etapes; deux facteurs; double authentification; identite;
  choisi; selectionn; comment souhaitez; verific; dos pasos; dos factores; identidad; elige; elija; selecciona; como quiere; metodo;
  duas etapas; dois fatores; identidade; escolh; selecione; como deseja; due passaggi; due fattori; identita; scegli; seleziona;
  come vuoi; tweestaps; twee stappen; identiteit; |kies|; selecteer; hoe wil; weryfik; dwuetap; dwuskladnik; tozsamosc; wybierz; metod;
  potwierdz; подтвер; двухэтап; двухфактор; личност; выберите; способ; провер; dogrula; iki adim; iki fakt; kimlig; yontem; onayla; 確認;
  認証; 2段階; 二段階; 本人; 選択; 方法; 验证; 驗證; 两步; 兩步; 双重; 身份; 选择; 選擇; 方式; 인증; 확인; 2단계; 본인; 선택; 방법; تحقق; خطوتين; هوية;
  اختر; طريقة; تأكيد`);

/** A number or an address as sites show half of it. */
const HALF_A_NUMBER = /[•*●·x]{2,}[\s-]*\d{2,4}(?!\d)/i;
const ADDRESS = /[^\s@]@[^\s@]/;
/** An option with its explanation. */
const LONGEST = 140;

/** Which second factor the name of an option means; null: none. Pure. */
export function factorNamed(text: string): Factor | null {
  const folded = fold(text);
  if (says('recoveryCode', text)) return 'recovery';
  if (namesPasskey(text)) return 'passkey';
  if (CALL.test(folded)) return 'call';
  if (AUTHENTICATOR.test(folded)) return 'authenticator';
  if (TEXT.test(folded)) return 'text';
  if (EMAIL.test(folded) || ADDRESS.test(folded)) return 'email';
  if (APPROVAL.test(folded)) return 'approval';
  return PHONE.test(folded) || HALF_A_NUMBER.test(text) ? 'text' : null;
}

/** Whether a click on this makes the site send a code. Pure. */
export const sendsCode = (text: string): boolean => SENDS.test(fold(text)) && !SENDS_AGAIN.test(fold(text));

/** One way that a page offers. */
export interface FactorOption {
  factor: Factor;
  text: string;
  control: { button: ButtonView } | { option: CheckView };
}

const isOption = (text: string): boolean =>
  text !== '' &&
  text.length <= LONGEST &&
  !SENDS_AGAIN.test(fold(text)) &&
  !isKeptNotUsed(text) &&
  !says('register', text) &&
  !says('changesPassword', text) &&
  (says('recoveryCode', text) || !says('recovery', text));

/** Every way that is offered by a control of its own, in the order of the page. Pure. */
export function factorOptions({ buttons, checks, forms }: Observation): FactorOption[] {
  const found: FactorOption[] = [];
  for (const button of buttons) {
    const { text, href, visible, disabled } = button;
    if (!visible || disabled || /^(mailto|tel|sms):/i.test(href) || isLogOut(button, forms)) continue;
    const factor = isOption(text) ? factorNamed(text) : null;
    if (factor) found.push({ factor, text, control: { button } });
  }
  for (const option of checks) {
    const factor = option.kind === 'option' && isOption(option.label) ? factorNamed(option.label) : null;
    if (factor) found.push({ factor, text: option.label, control: { option } });
  }
  return found;
}

/** Whether the page is there to choose one of these ways, or to have a code sent by the only one. Pure. */
export function asksToChoose(observation: Observation, options: readonly FactorOption[]): boolean {
  const { headings, title, buttons, forms } = observation;
  if (buttons.some((button) => button.visible && isLogOut(button, forms))) return false;
  const about = fold([...headings, title, ...forms.map(({ heading }) => heading)].join(' | '));
  if (!CHOICE.test(about)) return false;
  const kinds = new Set(options.map(({ factor }) => factor));
  return kinds.size > 1 || options.some(({ text, control }) => 'option' in control || sendsCode(text));
}

/** The control that sends the choice: of the option's form, else the one of the page. Pure. */
export function goesOnFrom({ buttons, forms }: Observation, option: CheckView): ButtonView | null {
  const goes = buttons.filter(
    (button) =>
      button.visible &&
      button.frame === option.frame &&
      button.href === '' &&
      (option.form === null || button.form === option.form) &&
      !says('dismiss', button.text) &&
      !isLogOut(button, forms),
  );
  const named = goes.find(
    ({ text }) => says('next', text) || says('verify', text) || says('submit', text) || sendsCode(text),
  );
  return named ?? goes.find(({ type }) => type === 'submit') ?? null;
}

/**
 * Which way the code comes that a page asks for, by what it says besides its controls; null where it says nothing, or
 * names several. Pure.
 */
export function factorAsked({
  headings,
  lines,
  buttons,
  checks,
}: Observation): 'authenticator' | 'email' | 'text' | null {
  const controls = new Set([...buttons.map(({ text }) => text), ...checks.map(({ label }) => label)]);
  const said = fold([...headings, ...lines.slice(0, 40)].filter((line) => !controls.has(line)).join(' | '));
  const named = (
    [
      ['authenticator', AUTHENTICATOR],
      ['email', EMAIL],
      ['text', TEXT],
    ] as const
  ).filter(([, pattern]) => pattern.test(said));
  return named.length === 1 ? (named[0]?.[0] ?? null) : null;
}
