import { fold, phrasePattern, says } from './fields/words.ts';
import { isLogOut } from './log-out.ts';
import type { ButtonView, Observation } from './observation.ts';

/*
 * Pages that stand between login and session and are answered with one click, as data: what they ask, and which answer
 * leads on. Phrases in en de fr es pt it nl pl ru tr ja zh ko ar, folded like the words of fields.
 */

/** Whether a question is turned down, agreed to because the login ends otherwise, or answered with an account. */
type Answer = 'decline' | 'accept' | 'account';

interface Topic {
  topic: string;
  answer: Answer;
  asks: RegExp;
}

const topic = (name: string, answer: Answer, phrases: string): Topic => ({
  topic: name,
  answer,
  asks: phrasePattern(phrases),
});

/** The first that fits decides. */
const TOPICS: readonly Topic[] = [
  topic(
    'choose an account',
    'account',
    `
    choose an account; choose your account; choose account; pick an account; select an account; select account; select your account;
    konto auswahlen; konto wahlen; wahlen sie ein konto; choisissez un compte; choisir un compte; selectionnez un compte;
    elige una cuenta; elija una cuenta; selecciona una cuenta; seleccione una cuenta; escolha uma conta; escolher uma conta;
    selecione uma conta; scegli un account; seleziona un account; kies een account; selecteer een account; wybierz konto;
    выберите аккаунт; выберите учетную запись; hesap secin; hesap sec; アカウントを選択; アカウントの選択; 选择账号; 选择帐号; 选择账户; 选择帐户;
    選擇帳戶; 選擇帳號; 계정 선택; 계정을 선택; اختر حساب; اختيار حساب`,
  ),
  topic(
    'may an application use the account',
    'accept',
    `
    wants to access; would like to access; wants access to; is requesting access; requests access to; wants permission;
    asks for permission; authorize access; authorize application; authorise application; grant access; allow access;
    mochte auf ihr konto zugreifen; mochte auf dein konto; zugriff auf ihr konto; zugriff auf dein konto; zugriff erlauben;
    zugriff gewahren; souhaite acceder; demande l'acces; autoriser l'acces; acceder a votre compte; quiere acceder;
    solicita acceso; desea acceder; permitir el acceso; acceder a tu cuenta; quer acessar; quer aceder; deseja acessar;
    solicita acesso; permitir o acesso; vuole accedere; richiede l'accesso; consentire l'accesso; accedere al tuo account;
    wil toegang; vraagt toegang; toegang verlenen; chce uzyskac dostep; prosi o dostep; zezwol na dostep; запрашивает доступ;
    хочет получить доступ; разрешить доступ; erismek istiyor; erisim istiyor; erisime izin; アクセスを要求; アクセスを求め; アクセスを許可;
    请求访问; 想要访问; 授权访问; 申请访问; 要求存取; 액세스하려고; 액세스를 요청; 접근을 요청; 액세스 허용; يريد الوصول; يطلب الوصول; السماح بالوصول`,
  ),
  topic(
    'new terms',
    'accept',
    `
    updated our terms; updated terms; new terms; accept the terms; agree to the terms; terms have changed; changed our terms;
    terms of service update; updated our privacy; nutzungsbedingungen aktualisiert; neue nutzungsbedingungen; neue agb;
    agb geandert; conditions ont change; nouvelles conditions; mis a jour nos conditions; nuevos terminos;
    actualizado nuestros terminos; nuevas condiciones; actualizado las condiciones; novos termos; atualizamos os termos;
    atualizamos nossos termos; nuovi termini; aggiornato i termini; nuove condizioni; nieuwe voorwaarden;
    voorwaarden bijgewerkt; voorwaarden zijn gewijzigd; nowy regulamin; zmienilismy regulamin; zaktualizowalismy regulamin;
    новые условия; обновили условия; условия изменились; kosullarimizi guncelledik; yeni kosullar; kullanim kosullari guncel;
    利用規約を更新; 利用規約の更新; 利用規約が変更; 新しい利用規約; 更新了服务条款; 条款更新; 条款已更新; 更新了使用條款; 약관이 변경; 약관 변경; 새로운 약관;
    تحديث الشروط; حدثنا الشروط; الشروط الجديدة`,
  ),
  topic(
    'stay signed in',
    'decline',
    `
    stay signed in; keep me signed in; stay logged in; remember this device; remember this browser; trust this device;
    trust this browser; save your login; save your password; angemeldet bleiben; eingeloggt bleiben; diesem gerat vertrauen;
    diesem browser vertrauen; rester connect; faire confiance a cet appareil; mantener la sesion; mantener sesion;
    confiar en este dispositivo; permanecer conectado; continuar conectado; manter sessao; confiar neste dispositivo;
    resta connesso; rimanere connesso; considera attendibile; ingelogd blijven; aangemeld blijven; dit apparaat vertrouwen;
    nie wylogowuj; pozostan zalogowan; pozostac zalogowan; zaufaj temu; оставаться в системе; не выходить из системы;
    доверять этому; oturumu acik tut; oturum acik kal; bu cihaza guven; サインインの状態を維持; ログイン状態を保持; ログインしたまま;
    このデバイスを信頼; 保持登录; 保持登入; 信任此设备; 로그인 상태 유지; 로그인 상태를 유지; 이 기기를 신뢰; البقاء مسجل; ابق مسجل; الوثوق بهذا`,
  ),
  topic(
    'a passkey is offered',
    'decline',
    `
    add a passkey; create a passkey; set up a passkey; with a passkey; use a passkey; faster next time; fingerprint or face;
    passkey erstellen; passkey hinzufugen; passkey einrichten; mit einem passkey; creer une cle d'acces; ajouter une cle d'acces;
    cle d'acces; crear una clave de acceso; llave de acceso; clave de acceso; criar uma chave de acesso; chave de acesso;
    crea una passkey; crea passkey; aggiungi una passkey; passkey maken; toegangssleutel; passkey toevoegen; utworz klucz dostepu;
    klucz dostepu; создать ключ доступа; ключ доступа; gecis anahtari; パスキーを作成; パスキーを追加; パスキーの作成; 创建通行密钥; 通行密钥; 通行密鑰;
    패스키 만들기; 패스키 생성; 패스키를; مفتاح مرور`,
  ),
  topic(
    'something that can be put off',
    'decline',
    `
    remind me later; not now; maybe later; skip for now; do this later; ask me later; spater erinnern; jetzt nicht; nicht jetzt;
    me le rappeler; plus tard; pas maintenant; recordarmelo; recordar mas tarde; mas tarde; ahora no; lembrar mais tarde;
    lembrar-me mais tarde; mais tarde; agora nao; ricordamelo; piu tardi; non ora; herinner me; later herinneren; niet nu;
    przypomnij pozniej; nie teraz; напомнить позже; не сейчас; daha sonra hatirlat; simdi degil; 後で通知; あとで; 後で; 今はしない;
    稍后提醒; 以后再说; 暂不; 稍後提醒; 나중에 알림; 나중에; 다음에; ذكرني لاحق; ليس الآن; لاحقا`,
  ),
];

/** What turns an offer down. */
const DECLINE = phrasePattern(`
  reject all; reject; decline; refuse; only necessary; necessary only; essential only; not now; no thanks; no, thanks; |no|;
  skip; later; remind me later; maybe later; dismiss; alle ablehnen; ablehnen; nur notwendige; nur erforderliche; nicht jetzt;
  jetzt nicht; spater; uberspringen; |nein|; tout refuser; refuser; continuer sans accepter; plus tard; pas maintenant; ignorer;
  |non|; rechazar; solo necesarias; ahora no; mas tarde; omitir; rejeitar; recusar; agora nao; mais tarde; |nao|; rifiuta;
  non ora; piu tardi; salta; weigeren; niet nu; overslaan; |nee|; odrzuc; nie teraz; pozniej; pomin; |nie|; отклонить; не сейчас;
  позже; пропустить; |нет|; reddet; simdi degil; daha sonra; |hayir|; 拒否; 後で; あとで; 今はしない; スキップ; いいえ; 拒绝; 拒絕; 以后再说; 稍后;
  稍後; 暂不; 跳过; 否; 거부; 나중에; 아니; 건너뛰기; رفض; لاحق; ليس الآن; تخطي; |لا|`);

/** What agrees to one. */
const ACCEPT = phrasePattern(`
  accept all; accept; agree; allow all; allow; authorize; authorise; grant; got it; i understand; |ok|; |okay|; |yes|; continue;
  close; alle akzeptieren; akzeptieren; annehmen; zustimmen; stimme zu; einverstanden; verstanden; zulassen; erlauben; weiter;
  |ja|; tout accepter; accepter; j'accepte; autoriser; compris; continuer; |oui|; aceptar; acepto; entendido; de acuerdo; permitir;
  autorizar; continuar; |si|; aceitar; aceito; concordo; |sim|; accetta; accetto; consenti; autorizza; ho capito; continua;
  accepteren; akkoord; toestaan; doorgaan; akceptuj; zgadzam; zezwol; rozumiem; dalej; принять; принимаю; согласен; разрешить;
  продолжить; понятно; |да|; kabul; izin ver; anladim; tamam; devam; 同意; 承諾; 許可; 続行; 続ける; はい; 接受; 允许; 允許; 授权; 授權;
  继续; 繼續; 好的; 동의; 허용; 확인; 계속; موافق; أوافق; قبول; السماح; سماح; متابعة; حسنا`);

const OTHER_ACCOUNT = phrasePattern(`
  another account; different account; other account; add account; anderes konto; anderes benutzerkonto; konto hinzufugen;
  autre compte; otra cuenta; outra conta; altro account; un account diverso; ander account; inne konto; innego konta;
  другой аккаунт; другую учетную запись; другая учетная запись; baska hesap; baska bir hesap; farkli bir hesap;
  別のアカウント; 他のアカウント; 其他账号; 其他帐号; 其他账户; 其他帐户; 其他帳戶; 其他帳號; 另一个帐户; 另一个账号; 다른 계정; حساب آخر; حسابا آخر`);

/** "Skip to the content" is for the keyboard, not for a question. */
const SKIPS_WITHIN = /^(skip|jump) (to|navigation)|zum inhalt|au contenu|al contenido|al contenuto|para o conteudo/;

/** A question of more words is a text, not an answer. */
const LONGEST = 60;
const MOST_BUTTONS = 14;
const MOST_LINES = 60;

function answers(observation: Observation, links: boolean): ButtonView[] {
  return observation.buttons.filter((button) => {
    const leads = button.href !== '' && !button.href.startsWith('#');
    return (
      button.visible &&
      !button.covered &&
      !button.disabled &&
      button.text !== '' &&
      button.text.length <= LONGEST &&
      (links || !leads) &&
      !isLogOut(button, observation.forms) &&
      !says('register', button.text) &&
      !SKIPS_WITHIN.test(fold(button.text))
    );
  });
}

const firstOf = (buttons: readonly ButtonView[], pattern: RegExp): ButtonView | null =>
  buttons.find(({ text }) => text.length <= 40 && !says('otherMethod', text) && pattern.test(fold(text))) ?? null;

/** What closes a banner or a notice that lies over a form: refusing comes first, nothing is agreed to that need not be. */
export function closerOf(observation: Observation): ButtonView | null {
  const buttons = answers(observation, false);
  return firstOf(buttons, DECLINE) ?? firstOf(buttons, ACCEPT);
}

/** The entry of a list of accounts: the one of this name, or the way to give another. */
function accountOf(buttons: readonly ButtonView[], username: string): ButtonView | null {
  const name = fold(username);
  const own =
    name === ''
      ? undefined
      : buttons.find(({ text }) =>
          fold(text)
            .split(/[\s,;()<>]+/)
            .includes(name),
        );
  return own ?? buttons.find(({ text }) => OTHER_ACCOUNT.test(fold(text))) ?? null;
}

/** What a page asks, by its headings and title, and by its first lines where nothing else says that a session is there. */
function topicOf({ headings, title, lines, buttons, forms }: Observation): Topic | null {
  const shown = buttons.filter(({ visible }) => visible);
  const pressable = shown.filter(({ href }) => href === '' || href.startsWith('#'));
  if (pressable.length > MOST_BUTTONS || lines.length > MOST_LINES) return null;
  const wayOut = shown.some((button) => isLogOut(button, forms));
  const said = fold([...headings, title, ...(wayOut ? [] : lines.slice(0, 30))].join(' | '));
  return TOPICS.find(({ asks }) => asks.test(said)) ?? null;
}

export interface Question {
  topic: string;
  answer: Answer;
  button: ButtonView;
}

/**
 * The question of a page with the answer that leads on; null when it asks none, or has no such answer. Without a
 * username a list of accounts is known by any entry with an address. Pure.
 */
export function questionOf(observation: Observation, username: string | null): Question | null {
  const found = topicOf(observation);
  if (!found) return null;
  const buttons = answers(observation, true);
  const chosen = {
    account: () =>
      accountOf(buttons, username ?? '') ?? (username === null && buttons.find(({ text }) => /@/.test(text))),
    accept: () => firstOf(buttons, ACCEPT),
    decline: () => firstOf(buttons, DECLINE) ?? firstOf(buttons, ACCEPT),
  }[found.answer]();
  return chosen ? { topic: found.topic, answer: found.answer, button: chosen } : null;
}

/** The way from a page that is set to one account to another. */
export function wayToOtherAccount(observation: Observation): ButtonView | null {
  return answers(observation, true).find(({ text }) => OTHER_ACCOUNT.test(fold(text))) ?? null;
}
