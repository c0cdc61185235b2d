import { fold } from '../fold.ts';
import { phrasePattern } from './fields/words.ts';
import { asksToWait, isPair, type Pair, statements } from './message-pairs.ts';
import type { OutcomeCode } from './outcome.ts';

/** What a site's words mean. The first rule that fits, from the most to the least specific, decides. */
interface MessageRule {
  code: OutcomeCode;
  details?: Record<string, unknown>;
  /** Whether a text, folded, is said with these words. */
  fits: (folded: string) => boolean;
}

const rule = (code: OutcomeCode, phrases: string, details?: Record<string, unknown>): MessageRule => {
  const pattern = phrasePattern(phrases);
  return { code, details, fits: (folded) => pattern.test(folded) };
};

/** A thing and what is said of it, in one statement. */
const pair = (code: OutcomeCode, words: Pair, details?: Record<string, unknown>): MessageRule => ({
  code,
  details,
  fits: (folded) => statements(folded).some((statement) => isPair(statement, words)),
});

/**
 * Sentences of refusal, as data: phrases in en de fr es pt it nl pl ru tr ja zh ko ar, folded like the words of fields.
 */
const RULES: readonly MessageRule[] = [
  rule(
    'account_locked',
    `
    suspended; account has been suspend; gesperrt und deaktiviert; compte suspendu; cuenta suspendida;
    conta suspensa; account sospeso; 停止されて; 已被暂停; 정지`,
    { kind: 'suspended' },
  ),
  pair('account_locked', { things: ['account'], said: 'suspended' }, { kind: 'suspended' }),
  rule(
    'account_locked',
    `
    account is disabled; account has been disabled; account disabled; been deactivated; account is inactive;
    user is disabled; konto ist deaktiviert; konto wurde deaktiviert; compte est desactive; compte desactive;
    cuenta desactivada; cuenta esta deshabilitada; conta desativada; account disabilitato;
    account is uitgeschakeld; konto zostalo wylaczone; konto nieaktywne; учетная запись отключена;
    аккаунт отключен; hesap devre disi; 無効になって; 账号已停用; 帐户已禁用; 비활성화; تم تعطيل`,
    { kind: 'disabled' },
  ),
  pair('account_locked', { things: ['account'], said: 'disabled' }, { kind: 'disabled' }),
  rule(
    'account_locked',
    `
    account is locked; account has been locked; account locked; locked out; temporarily locked; is locked;
    been blocked due; account is blocked; account has been blocked; account blocked; konto ist gesperrt;
    konto wurde gesperrt; konto gesperrt; benutzer gesperrt; compte est bloque; compte bloque;
    compte est verrouille; compte a ete verrouille; verrouille; cuenta bloqueada; cuenta esta bloqueada;
    cuenta ha sido bloqueada; conta bloqueada; conta esta bloqueada; conta foi bloqueada; account bloccato;
    account e bloccato; account e stato bloccato; account is geblokkeerd; account is vergrendeld; geblokkeerd;
    konto zostalo zablokowane; konto zablokowane; konto jest zablokowane; учетная запись заблокирована;
    аккаунт заблокирован; заблокирован; hesabiniz kilitl; hesap kilitl; hesabiniz bloke; ロックされ; アカウントがロック; 账号已被锁定;
    账户已锁定; 已锁定; 被锁定; 鎖定; 계정이 잠겼; 계정이 잠금; 잠겨; تم قفل; الحساب مقفل; محظور`,
    { kind: 'locked' },
  ),
  pair('account_locked', { things: ['account'], said: 'locked' }, { kind: 'locked' }),
  rule(
    'rate_limited',
    `
    too many; too often; rate limit; slow down; maximum number of attempts; exceeded the number; attempts exceeded;
    zu viele; zu oft; trop de tentatives; trop d'essais; trop de requetes; demasiados intentos; demasiadas;
    muitas tentativas; demasiadas tentativas; troppi tentativi; te veel; te vaak; zbyt wiele; za duzo prob; слишком много;
    cok fazla; 回数が多; 試行回数; 尝试次数过多; 次数过多; 过于频繁; 시도 횟수; 너무 많; محاولات كثيرة; تجاوزت`,
  ),
  pair('rate_limited', { things: ['attempts'], said: 'exceeded' }),
  { code: 'rate_limited', fits: (folded) => waitingTime(folded) !== null && statements(folded).some(asksToWait) },
  {
    code: 'rate_limited',
    fits: (folded) => isPair(folded, { things: ['again'], said: 'later', unless: ['fault', 'sendsAgain'] }),
  },
  rule(
    'blocked_by_site',
    `
    suspicious activity; suspicious login; unusual activity; unusual sign-in; unusual login; unusual traffic;
    security reasons; we blocked; verdachtige aktivitat; verdachtige activiteit; ungewohnliche aktivitat;
    ungewohnliche anmelde; activite suspecte; activite inhabituelle; actividad sospechosa; actividad inusual;
    atividade suspeita; atividade incomum; attivita sospetta; attivita insolita; podejrzana aktywnosc; podejrzan;
    подозрительн; необычн; supheli; 不審な; 異常なログイン; 可疑; 异常登录; 의심스러운; 비정상; نشاط مشبوه; نشاط غير`,
  ),
  pair('blocked_by_site', { things: ['activity'], said: 'suspicious' }),
  pair('account_locked', { things: ['activity'], said: 'locked' }, { kind: 'locked' }),
  rule(
    'password_expired',
    `
    password has expired; password expired; must change your password; need to change your password;
    change your password to continue; required to change; choose a new password; passwort ist abgelaufen;
    kennwort ist abgelaufen; passwort abgelaufen; mussen ihr passwort andern; mussen sie ihr passwort;
    mot de passe a expire; mot de passe expire; devez changer votre mot de passe; contrasena ha caducado;
    contrasena caducada; debe cambiar su contrasena; senha expirou; senha expirada; precisa alterar sua senha;
    password e scaduta; password scaduta; wachtwoord is verlopen; haslo wygaslo; срок действия пароля;
    пароль истек; parolanizin suresi; sifrenizin suresi; パスワードの有効期限; 密码已过期; 密碼已過期; 비밀번호가 만료; 비밀번호를 변경;
    انتهت صلاحية كلمة المرور`,
  ),
  pair('password_expired', { things: ['password'], said: 'expired' }),
  rule(
    'captcha',
    `
    captcha; not a robot; are you human; you are human; prove you're human; security check; kein roboter;
    pas un robot; no soy un robot; nao sou um robo; non sono un robot; geen robot; nie jestem robotem; не робот;
    robot degilim; ロボットではありません; 机器人; 機器人; 로봇이 아닙니다; لست روبوت`,
  ),
  pair('captcha', { things: ['robot'], said: 'denied' }),
  rule(
    'needs_approval',
    `
    approve the sign; approve the request; approve this sign; approve sign in; check your phone;
    confirm on your phone; push notification; sent a notification; open the app on;
    bestatigen sie die anmeldung auf; auf ihrem smartphone; auf ihrem handy; approuvez; sur votre telephone;
    aprueba; en tu telefono; no seu telefone; sul tuo telefono; op je telefoon; na telefonie; подтвердите вход;
    request was denied; request was declined; denied on your; declined on your; anfrage wurde abgelehnt;
    telefonunuz; スマートフォンで承認; 在手机上确认; 휴대전화에서 승인; على هاتفك`,
  ),
  pair('needs_approval', { things: ['device'], said: 'approve' }),
  rule(
    'wrong_code',
    `
    invalid code; incorrect code; wrong code; code is incorrect; code is invalid; code is not valid;
    passkey could not; passkey was not; passkey is not; passkey isn't; passkey wasn't; passkey has been removed; passkey was removed;
    passkey failed; invalid passkey; unknown passkey; wrong passkey; no passkey; passkey not; verify your passkey; recognise this passkey;
    recognize this passkey; recognise that passkey; recognize that passkey; passkey verification; passkey authentication; security key is not;
    security key was not; security key could not; passkey konnte nicht; passkey wurde nicht; passkey ist ungultig; passkey nicht;
    passkey ist nicht; kein passkey; cle d'acces n'est pas; cle d'acces invalide; cle d'acces non; clave de acceso no; llave de acceso no;
    chave de acesso nao; chave de acesso invalida; passkey non; toegangssleutel is niet; toegangssleutel niet; passkey is ongeldig;
    klucz dostepu jest; nie rozpoznano klucza; ключ доступа не; ключ доступа недействителен; gecis anahtari gecersiz; gecis anahtari dogrulanamadi;
    パスキーを確認できません; パスキーが無効; パスキーが見つかりません; パスキーを認証できません; 通行密钥无效; 无法验证通行密钥; 通行密鑰無效; 패스키를 확인할 수 없; 패스키가 올바르지;
    مفتاح المرور غير;
    code is wrong; code was incorrect; code was wrong; code did not; code does not; code doesn't;
    code has expired; code expired; link has expired; link expired; link is no longer valid; link is invalid;
    link is not valid; invalid link; link has already been used; link was already used; link ist abgelaufen;
    link ist ungultig; link ist nicht mehr gultig; lien a expire; lien n'est plus valide; lien invalide;
    enlace ha caducado; enlace ha expirado; enlace no es valido; link expirou; link invalido; link scaduto;
    link non e valido; link is verlopen; link is ongeldig; link wygasl; link jest niewazny; ссылка устарела;
    ссылка недействительна; срок действия ссылки; baglantinin suresi; gecersiz baglanti; リンクの有効期限; リンクが無効;
    链接已过期; 链接无效; 連結已過期; 링크가 만료; 유효하지 않은 링크; انتهت صلاحية الرابط; الرابط غير صالح;
 invalid verification; invalid otp; invalid token; token is not valid;
    token is invalid; incorrect otp; invalid authentication code; verification failed; invalid passcode;
    invalid security code; invalid one-time; invalid two-factor; ungultiger code; code ist falsch;
    code ist ungultig; falscher code; code invalide; code incorrect; code est incorrect; code est invalide;
    code errone; codigo incorrecto; codigo no es valido; codigo no valido; codigo invalido; codigo incorreto;
    codice non valido; codice errato; codice non e valido; onjuiste code; code is onjuist; ongeldige code;
    nieprawidlowy kod; kod jest nieprawidlowy; bledny kod; неверный код; неправильный код; код неверен;
    hatali kod; gecersiz kod; kod yanlis; コードが正しく; コードが違い; コードが無効; 認証に失敗; 验证码错误; 验证码不正确; 验证码无效; 驗證碼錯誤; 코드가 올바르지;
    잘못된 코드; 인증번호가 일치하지; رمز غير صحيح; الرمز غير صحيح; رمز التحقق غير`,
  ),
  pair('wrong_code', { things: ['code'], said: 'wrong', unless: ['otherCode'] }),
  pair('wrong_code', { things: ['code'], said: 'expired', unless: ['otherCode'] }),
  rule(
    'wrong_credentials',
    `
    user not found; unknown user; no account found; no such user; user does not exist; account does not exist;
    account doesn't exist; couldn't find your; could not find your; can't find an account; cannot find an account;
    not registered; is not registered; unknown username; unknown email; no user with; benutzer existiert nicht;
    benutzer nicht gefunden; unbekannter benutzer; kein konto gefunden; konto nicht gefunden; utilisateur inconnu;
    aucun compte; compte introuvable; compte n'existe pas; usuario no existe; no existe ningun; cuenta no existe;
    usuario no encontrado; usuario desconocido; usuario nao encontrado; usuario nao existe; nao encontramos;
    conta nao existe; utente non trovato; utente inesistente; account inesistente; gebruiker niet gevonden;
    onbekende gebruiker; account bestaat niet; nie znaleziono uzytkownika; uzytkownik nie istnieje;
    konto nie istnieje; пользователь не найден; пользователь не существует; не зарегистрирован;
    kullanici bulunamadi; hesap bulunamadi; 登録されていません; 見つかりません; 用户不存在; 账号不存在; 帳號不存在; 用戶不存在; 未注册; 존재하지 않는; 등록되지 않은;
    المستخدم غير موجود; الحساب غير موجود; غير مسجل`,
    { part: 'identifier' },
  ),
  pair('wrong_credentials', { things: ['name'], said: 'unknown' }, { part: 'identifier' }),
  pair('wrong_credentials', { things: ['account'], said: 'unknown' }, { part: 'identifier' }),
  pair('wrong_credentials', { things: ['name', 'password'], said: 'wrong' }, { part: 'unknown' }),
  rule(
    'wrong_credentials',
    `
    username or password; user name or password; email or password; e-mail or password; login or password;
    username and password; user name and password; email and password; username and/or password;
    username/password; email/password; id or password; username or passcode; credentials; invalid login;
    login failed; unable to sign in; unable to log in; unable to login; login incorrect; incorrect login;
    login attempt failed; sign in failed; sign-in failed;
    authentication failed; authentication failure; not authenticated; unauthorized; access denied; login error;
    benutzername oder passwort; benutzername oder kennwort; benutzername und passwort; benutzername und kennwort;
    e-mail oder passwort; e-mail-adresse oder; zugangsdaten; anmeldedaten; anmeldung fehlgeschlagen;
    login fehlgeschlagen; logindaten; identifiant ou mot de passe; identifiants; nom d'utilisateur ou;
    utilisateur ou le mot de passe; utilisateur ou mot de passe; email ou mot de passe; adresse e-mail ou;
    authentification a echoue; echec de la connexion; echec de connexion; connexion a echoue;
    echec de l'authentification; usuario o contrasena; usuario o la contrasena; usuario y contrasena;
    usuario y la contrasena; usuario y/o; correo o contrasena; credenciales; inicio de sesion fallido;
    error de inicio de sesion; datos de acceso; usuario ou senha; utilizador ou; usuario e senha; usuario e/ou;
    e-mail ou senha; email ou senha; credenciais; falha no login; falha na autenticacao; dados de acesso;
    nome utente o password; utente o password; username o password; email o password; e-mail o password;
    utente e password; nome utente e; credenziali; accesso non riuscito; autenticazione fallita; login fallito;
    dati di accesso; gebruikersnaam of wachtwoord; e-mailadres of wachtwoord; gebruikersnaam en wachtwoord;
    inloggegevens; aanmelden mislukt; inloggen mislukt; nazwa uzytkownika lub haslo; uzytkownika lub haslo;
    login lub haslo; e-mail lub haslo; dane logowania; bledne dane; nieprawidlowe dane; logowanie nie powiodlo;
    логин или пароль; имя пользователя или пароль; пользователя или пароль; почта или пароль; логина или пароля;
    учетные данные; ошибка авторизации; ошибка входа; не удалось войти; kullanici adi veya; kullanici adi ya da;
    e-posta veya; sifre hatali; giris basarisiz; giris bilgileri; hatali giris; ユーザー名またはパスワード; ユーザ名またはパスワード;
    メールアドレスまたはパスワード; idまたはパスワード; ログインidまたは; ログインに失敗; ログインできません; 用户名或密码; 账号或密码; 帐号或密码; 用户名或者密码; 用戶名或密碼; 帳號或密碼;
    账户或密码; 邮箱或密码; 登录失败; 登入失敗; 아이디 또는 비밀번호; 이메일 또는 비밀번호; 사용자 이름 또는; 아이디나 비밀번호; 로그인에 실패; 로그인 실패; 로그인 정보;
    اسم المستخدم أو كلمة; البريد الإلكتروني أو كلمة; بيانات الاعتماد; بيانات الدخول; فشل تسجيل الدخول`,
    { part: 'unknown' },
  ),
  rule(
    'wrong_credentials',
    `
    incorrect password; wrong password; invalid password; password is incorrect; password is wrong;
    password is invalid; password is not correct; password was incorrect; password you entered;
    password incorrect; password does not match; password doesn't match; passcode is incorrect;
    incorrect passcode; bad password; falsches passwort; falsches kennwort; passwort ist falsch;
    kennwort ist falsch; passwort falsch; ungultiges passwort; passwort ist nicht korrekt;
    kennwort ist nicht korrekt; mot de passe incorrect; mot de passe est incorrect; mot de passe invalide;
    mauvais mot de passe; mot de passe errone; contrasena incorrecta; contrasena no es correcta;
    contrasena es incorrecta; contrasena invalida; contrasena no valida; clave incorrecta; senha incorreta;
    senha invalida; senha errada; senha esta incorreta; palavra-passe incorreta; password errata;
    password non corretta; password non valida; password sbagliata; onjuist wachtwoord; wachtwoord is onjuist;
    verkeerd wachtwoord; wachtwoord is niet juist; ongeldig wachtwoord; nieprawidlowe haslo; bledne haslo;
    haslo jest nieprawidlowe; zle haslo; неверный пароль; неправильный пароль; пароль неверен; пароль неверный;
    yanlis sifre; hatali sifre; sifre yanlis; parola yanlis; gecersiz parola; パスワードが正しく; パスワードが違い; パスワードが間違;
    パスワードが一致; 密码错误; 密码不正确; 密碼錯誤; 密碼不正確; 密码有误; 비밀번호가 올바르지; 비밀번호가 틀; 비밀번호가 일치하지; 잘못된 비밀번호; كلمة المرور غير صحيحة;
    كلمة السر غير صحيحة; كلمة مرور خاطئة; كلمة المرور خاطئة`,
    { part: 'password' },
  ),
  pair('wrong_credentials', { things: ['password'], said: 'wrong' }, { part: 'password' }),
  rule(
    'wrong_credentials',
    `
    incorrect; invalid user; invalid email; not recognized; not recognised; didn't recognize; don't recognize;
    do not match; don't match; doesn't match our; does not match our; not match our records; ungultige;
    nicht korrekt; stimmen nicht; incorrects; ne correspond; incorrectos; no coinciden; no es correcto;
    no son correctos; incorretos; nao correspondem; non corrispondono; non corretti; non validi; onjuist;
    komen niet overeen; nieprawidlow; неверн; неправильн; hatali; yanlis; gecersiz; 正しくありません; 間違っています; 一致しません;
    不正确; 不正確; 올바르지 않; 일치하지 않; 잘못된; غير صحيح; غير صحيحة; خاطئ`,
    { part: 'unknown' },
  ),
];

/** Words that make a text an error even when it maps to nothing above. */
const ERROR_WORDS = phrasePattern(`
    error; incorrect; wrong; not correct; does not match; do not match; didn't match; expired; locked; blocked; suspended; failed; failure; invalid; denied; not allowed; forbidden; could not; couldn't; cannot; can't; unable;
    problem; went wrong; unsuccessful; rejected; fehler; fehlgeschlagen; ungultig; nicht moglich; erreur; echec;
    impossible; invalide; fallo; no se pudo; no se ha podido; no permitido; erro; falhou; nao foi possivel;
    errore; non riuscito; impossibile; fout; mislukt; ongeldig; blad; nie powiodl; nie udalo; ошибка; не удалось;
    hata; basarisiz; エラー; 失敗; できません; 错误; 失败; 錯誤; 失敗; 오류; 실패; خطأ; فشل; تعذر`);

export interface Refusal {
  code: OutcomeCode;
  details: Record<string, unknown> | null;
  text: string;
}

const UNITS: readonly [RegExp, number][] = [
  [/^(s$|se[ck]|sec|sek|сек|saniye|秒|초|ثان)/u, 1],
  [/^(h$|hr|hour|std|stunde|heure|hora|ora$|ore$|uur|godz|час|saat|時間|小时|小時|시간|ساع)/u, 3600],
  [/^(d$|day|tag|jour|dia|giorn|dag|dzie|dni|ден|дн|gun|日|天|일|يوم|أيام)/u, 86_400],
  [/^(m$|min|мин|dakika|dk|分|분|دقي)/u, 60],
];

/** Seconds of "Try again in 15 minutes" and the like; null when the text names none. */
export function waitingTime(text: string): number | null {
  for (const [, number, unit] of fold(text).matchAll(/(\d{1,5})\s*([\p{L}]{1,12})/gu)) {
    const found = UNITS.find(([pattern]) => pattern.test(unit ?? ''));
    if (found) return Number(number) * found[1];
  }
  return null;
}

/** What a text of the site means, or null when it is no refusal we know. */
export function meaningOf(text: string): Refusal | null {
  const folded = fold(text);
  const found = RULES.find(({ fits }) => fits(folded));
  if (!found) return null;
  const wait = found.code === 'account_locked' || found.code === 'rate_limited' ? waitingTime(text) : null;
  const details = { ...found.details, ...(wait !== null && { retry_after: wait }) };
  return { code: found.code, details: Object.keys(details).length > 0 ? details : null, text };
}

/** Whether a text speaks of something that went wrong. */
export function soundsLikeError(text: string): boolean {
  return ERROR_WORDS.test(fold(text));
}
