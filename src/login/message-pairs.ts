import { phrasePattern } from './fields/words.ts';

/**
 * What a refusal speaks of and what it says of it, as words in en de fr es pt it nl pl ru tr ja zh ko ar: sites put the two
 * together in more ways than a list of sentences can hold. Written like the words of fields.
 */
const THINGS = {
  account: `
    account; |user|; profile; konto; |konta|; benutzer; zugang; compte; utilisateur; cuenta; usuario; conta; utilizador; utente;
    utenza; gebruiker; uzytkownik; аккаунт; учетн; пользовател; hesap; hesab; kullanici; アカウント; ユーザ; 账号; 帐号; 账户;
    帐户; 帳號; 帳戶; 用户; 用戶; 계정; 사용자; حساب; المستخدم`,
  name: `
    user; login name; e-mail; email; mail address; benutzer; anmeldename; identifiant; utilisateur; courriel; usuario;
    correo; utilizador; utente; gebruiker; uzytkownik; |login|; логин; пользовател; почт; адрес; kullanici; e-posta; eposta;
    ユーザ; メール; 用户; 用戶; 账号; 帐号; 帳號; 邮箱; 郵箱; 아이디; 사용자; 이메일; اسم المستخدم; البريد; المستخدم`,
  password: `
    password; passwort; kennwort; mot de passe; contrasena; clave; senha; palavra-passe; wachtwoord; haslo; пароль; sifre;
    parola; パスワード; 密码; 密碼; 비밀번호; كلمة المرور; كلمة السر`,
  code: `
    code; |otp|; |token|; one-time; codigo; codice; |kod|; |kodu|; |kodunuz|; |код|; |кода|; コード; ワンタイム; 验证码; 驗證碼; 动态码;
    코드; 인증번호; رمز`,
  attempts: `
    attempts; tries; versuche; tentatives; essais; intentos; tentativas; tentativi; pogingen; prob logowania; limit prob;
    попыток; deneme; 試行回数; 次数; 次數; 시도; المحاولات; محاولات`,
  activity: `
    activity; sign-in; sign in; login; aktivitat; anmeld; activite; connexion; actividad; inicio de sesion; atividade;
    acesso; attivita; accesso; activiteit; inlog; aktywnos; logowani; активност; вход; etkinlik; giris; ログイン; アクセス; 登录;
    登入; 操作; 활동; 로그인; نشاط; تسجيل دخول`,
  robot: `
    robot; um robo; робот; ロボット; 机器人; 機器人; 로봇; روبوت`,
  device: `
    phone; your device; authenticator app; mobile app; smartphone; |handy|; telefon; telefono; telefone; telemovel;
    telefoon; телефон; スマートフォン; 携帯; 手机; 手機; 휴대전화; 휴대폰; هاتف`,
  again: `
    try again; please wait; versuchen sie es; versuche es; warten sie; reessayez; patientez; intentelo; intentalo;
    volver a intentar; vuelva a intentar; tente; aguarde; riprova; attendi; probeer; wacht; sprobuj; odczekaj; попробуйте;
    повторите; подождите; deneyin; bekleyin; お試し; お待ち; 再试; 再試; 다시 시도; حاول; المحاولة; انتظر`,
} as const;

const SAID = {
  suspended: `
    suspended; stillgelegt; suspendu; suspendid; suspensa; suspenso; sospes; opgeschort; geschorst; zawieszon; приостановлен;
    askiya; 停止; 暂停; 暫停; 冻结; 凍結; 정지; إيقاف; موقوف`,
  disabled: `
    disabled; deactivated; inactive; deaktiviert; desactiv; deshabilitad; inhabilitad; desativad; disattivat; disabilitat;
    uitgeschakeld; gedeactiveerd; wylaczon; dezaktywowan; nieaktywn; отключен; деактивирован; devre disi; 無効; 停用; 禁用;
    비활성; تعطيل; معطل`,
  locked: `
    locked; blocked; gesperrt; |bloque|; |bloquee|; verrouill; bloquead; bloccat; geblokkeerd; vergrendeld; zablokowan;
    заблокирован; kilitl; bloke; ロック; 锁定; 鎖定; 封锁; 封鎖; 잠겼; 잠금; 잠겨; مقفل; قفل; محظور; حظر`,
  exceeded: `
    exceeded; too many; uberschritten; zu viele; depasse; superado; excedeu; excedid; excedio; superato; overschreden; te veel;
    przekroczon; превышен; исчерпан; astiniz; asildi; 上限; 过多; 過多; 超过; 超過; 초과; تجاوزت`,
  later: `
    try again later; later again; spater; plus tard; mas tarde; mais tarde; piu tardi; later; pozniej; позже; daha sonra;
    後で; のちほど; しばらく; 稍后; 稍後; 나중에; 잠시 후; لاحق`,
  fault: `
    went wrong; error; unavailable; maintenance; problem; not available; fehler; wartung; nicht verfugbar; erreur;
    indisponible; fallo; no disponible; mantenimiento; erro; indisponivel; manutencao; errore; non disponibile;
    manutenzione; fout; storing; onderhoud; niet beschikbaar; blad; niedostepn; przerwa; ошибка; недоступ; технич; hata;
    bakim; エラー; メンテナンス; 利用できません; 错误; 錯誤; 维护; 維護; 不可用; 오류; 점검; خطأ; صيانة; غير متاح`,
  suspicious: `
    suspicious; unusual; verdachtig; verdachte; ungewohnlich; suspect; inhabituel; sospechos; inusual; suspeit; incomum; sospett;
    insolit; ongebruikelijk; podejrzan; nietypow; подозрительн; необычн; supheli; olagandisi; 不審; 異常; 可疑; 异常; 의심;
    비정상; مشبوه; غير معتاد`,
  expired: `
    expired; abgelaufen; a expire; est expire; expiree; caducad; caduco; vencid; expirou; expirad; scadut; verlopen;
    wygas; истек; suresi doldu; suresi gecti; 有効期限が切れ; 期限切れ; 期限を過ぎ; 已过期; 已過期; 已失效; 만료되; انتهت صلاحية`,
  denied: `
    not a; kein; pas un; no soy; no eres; no es un; nao sou; nao e um; non sono; non essere; non sei; geen; nie jest; не робот;
    не явля; degil; olmadig; ではない; ではありません; 不是; 아닙; 아닌; 아님; لست`,
  approve: `
    approve; tap yes; bestatigen sie die anmeldung; approuv; apruebe; aprueba; aprove; approva; keur; goedkeur; zatwierdz;
    подтвердите вход; onaylay; 承認; 确认登录; 確認登入; 批准; 승인; وافق; الموافقة`,
  wrong: `
    incorrect; invalid; wrong; not correct; not valid; isn't correct; isn't right; not right; do not match; don't match;
    does not match; doesn't match; did not match; falsch; inkorrekt; ungultig; nicht korrekt; nicht richtig; nicht gultig;
    stimmt nicht; stimmen nicht; fehlerhaft; errone; mauvais; ne correspond; non valide; pas valide; pas correct; incorret; no es correct; no son correct;
    no es valid; no son valid; no valid; no coincid; errad; nao confere; nao correspond; nao coincid; errat; non corrett;
    non e corrett; non sono corrett; non valid; non e valid; non sono valid; sbagliat; onjuist; verkeerd; ongeldig; klopt niet;
    kloppen niet; niet juist; niet correct; niet bekend; nieprawidlow; bledn; niepoprawn; неверн; неправильн; некорректн;
    не совпада; недействит; hatali; yanlis; gecersiz; dogru degil; eslesm; 正しくあり; 正しくない; 違い; 違って; 間違; 誤り; 一致しま;
    無効; 错误; 不正确; 有误; 无效; 不匹配; 錯誤; 不正確; 無效; 有誤; 올바르지; 틀렸; 틀립; 일치하지; 잘못; 유효하지; 다시 확인; غير صحيح;
    خاطئ; خطأ; غير صالح; لا تتطابق; غير متطابق`,
  unknown: `
    does not exist; doesn't exist; not found; couldn't find; could not find; can't find; cannot find; no user with;
    no account with; no such; recognize this; recognise this; isn't registered; not registered; existiert nicht; nicht gefunden; nicht bekannt; unbekannt; kein konto gefunden;
    n'existe pas; introuvable; inconnu; aucun compte ne; aucun compte n'; aucun compte associe; no existe; no esta registrad;
    no encontr; no se encontr; desconocid; nao existe; nao encontr; nao registad; nao registrad; nao cadastrad; nenhuma conta; non esiste; non trovat; non registrat; inesistente;
    nessun account associato; nessun utente; bestaat niet; niet gevonden; geen account met; onbekend; nie istnieje; nie znalez;
    nieznan; не найден; не существует; не зарегистрирован; bulunamadi; kayitli degil; hesap yok; kullanici yok; 存在しません; 見つかりません;
    登録されていません; 不存在; 未注册; 未註冊; 尚未注册; 尚未註冊; 没有注册; 존재하지; 찾을 수 없; 등록되지; 가입되지; غير موجود; لا يوجد حساب به;
    لا يوجد مستخدم; غير مسجل`,
  /** Things called a code that are none for a login, and codes that are sent once more. */
  otherCode: `
    error code; status code; fehlercode; code d'erreur; codigo de error; codigo de erro; codice di errore; foutcode;
    kod bledu; код ошибки; hata kodu; エラーコード; 错误代码; 錯誤代碼; 오류 코드; رمز الخطأ; postcode; postal; promo; coupon;
    discount; gift; voucher; gutschein; qr code`,
  sendsAgain: `
    resend; send again; new code; erneut senden; neuen code; renvoyer; nouveau code; reenviar; nuevo codigo; novo codigo;
    invia di nuovo; nuovo codice; opnieuw verzenden; nieuwe code; wyslij ponownie; nowy kod; отправить; новый код; yeniden gonder;
    yeni kod; 再送; 再発行; 重新发送; 重新獲取; 重新获取; 재전송; 다시 보내; إعادة إرسال`,
} as const;

export type Thing = keyof typeof THINGS;
export type Said = keyof typeof SAID;

const patterns = <K extends string>(lists: Record<K, string>): Record<K, RegExp> =>
  Object.fromEntries(Object.entries<string>(lists).map(([name, list]) => [name, phrasePattern(list)])) as Record<
    K,
    RegExp
  >;

const THING_PATTERNS = patterns(THINGS);
const SAID_PATTERNS = patterns(SAID);

/** One sentence's words: it names every thing, says one of what is said, and nothing that makes it another matter. */
export interface Pair {
  things: readonly Thing[];
  said: Said;
  unless?: readonly Said[];
}

/** The sentences of a folded text that state something: a question ("Forgot it?") refuses nothing. */
export function statements(folded: string): string[] {
  return (folded.match(/[^.!?。！？؟\n]+[.!?。！？؟\n]*/gu) ?? []).filter((sentence) => !/[?？؟]\s*$/u.test(sentence));
}

/** Whether a statement, folded, is such a pair. */
export function isPair(statement: string, { things, said, unless = [] }: Pair): boolean {
  return (
    things.every((thing) => THING_PATTERNS[thing].test(statement)) &&
    SAID_PATTERNS[said].test(statement) &&
    !unless.some((other) => SAID_PATTERNS[other].test(statement))
  );
}

/** "Try again in 30 seconds", but not what is said of sending a code once more. */
export function asksToWait(statement: string): boolean {
  return THING_PATTERNS.again.test(statement) && !SAID_PATTERNS.sendsAgain.test(statement);
}
