/** The words of the site in one language. `wrong` has the wordings different sites use; `?wording=` picks one. */
export interface Texts {
  dir: 'ltr' | 'rtl';
  signIn: string;
  username: string;
  password: string;
  next: string;
  code: string;
  verify: string;
  signOut: string;
  welcome: string;
  account: string;
  wrong: readonly string[];
  wrongCode: string;
  /** `{n}` is minutes. */
  locked: string;
}

type Row = [
  signIn: string,
  username: string,
  password: string,
  next: string,
  code: string,
  verify: string,
  signOut: string,
  welcome: string,
  account: string,
  wrong: string[],
  wrongCode: string,
  locked: string,
];

const row = (dir: Texts['dir'], ...words: Row): Texts => {
  const [signIn, username, password, next, code, verify, signOut, welcome, account, wrong, wrongCode, locked] = words;
  return {
    dir,
    signIn,
    username,
    password,
    next,
    code,
    verify,
    signOut,
    welcome,
    account,
    wrong,
    wrongCode,
    locked,
  };
};

// biome-ignore format: a table, one language a block
export const TEXTS = {
  en: row('ltr', 'Sign in', 'Username', 'Password', 'Continue', 'Verification code', 'Verify', 'Log out', 'Welcome', 'My account',
    ['Invalid username or password.', 'The password you entered is incorrect.',
      'We could not sign you in. Please check your details.', 'Login failed.', "Those details don't match our records."],
    'That code is not correct.', 'Your account is locked. Try again in {n} minutes.'),
  de: row('ltr', 'Anmelden', 'Benutzername', 'Passwort', 'Weiter', 'Bestätigungscode', 'Bestätigen', 'Abmelden', 'Willkommen', 'Mein Konto',
    ['Benutzername oder Passwort ist falsch.', 'Das eingegebene Passwort ist falsch.', 'Anmeldung fehlgeschlagen.'],
    'Der Code ist falsch.', 'Ihr Konto ist gesperrt. Versuchen Sie es in {n} Minuten erneut.'),
  fr: row('ltr', 'Se connecter', "Nom d'utilisateur", 'Mot de passe', 'Continuer', 'Code de vérification', 'Vérifier', 'Se déconnecter', 'Bienvenue', 'Mon compte',
    ['Identifiant ou mot de passe incorrect.', 'Votre mot de passe est incorrect.', 'Échec de la connexion.'],
    'Le code est incorrect.', 'Votre compte est bloqué. Réessayez dans {n} minutes.'),
  es: row('ltr', 'Iniciar sesión', 'Usuario', 'Contraseña', 'Continuar', 'Código de verificación', 'Verificar', 'Cerrar sesión', 'Bienvenida', 'Mi cuenta',
    ['El usuario o la contraseña no son correctos.', 'La contraseña es incorrecta.', 'No hemos podido iniciar la sesión.'],
    'El código no es válido.', 'Tu cuenta está bloqueada. Inténtalo de nuevo en {n} minutos.'),
  pt: row('ltr', 'Entrar', 'Utilizador', 'Palavra-passe', 'Continuar', 'Código de verificação', 'Verificar', 'Sair', 'Bem-vinda', 'Minha conta',
    ['Utilizador ou palavra-passe incorretos.', 'Senha incorreta.', 'Falha no login.'],
    'Código incorreto.', 'A sua conta está bloqueada. Tente novamente em {n} minutos.'),
  it: row('ltr', 'Accedi', 'Nome utente', 'Password', 'Continua', 'Codice di verifica', 'Verifica', 'Esci', 'Benvenuta', 'Il mio account',
    ['Nome utente o password non validi.', 'La password non è corretta.', 'Accesso non riuscito.'],
    'Il codice non è valido.', 'Il tuo account è bloccato. Riprova tra {n} minuti.'),
  nl: row('ltr', 'Inloggen', 'Gebruikersnaam', 'Wachtwoord', 'Volgende', 'Verificatiecode', 'Bevestigen', 'Uitloggen', 'Welkom', 'Mijn account',
    ['Gebruikersnaam of wachtwoord is onjuist.', 'Onjuist wachtwoord.', 'Inloggen mislukt.'],
    'De code is onjuist.', 'Uw account is geblokkeerd. Probeer het over {n} minuten opnieuw.'),
  pl: row('ltr', 'Zaloguj się', 'Nazwa użytkownika', 'Hasło', 'Dalej', 'Kod weryfikacyjny', 'Potwierdź', 'Wyloguj', 'Witaj', 'Moje konto',
    ['Nieprawidłowa nazwa użytkownika lub hasło.', 'Błędne hasło.', 'Logowanie nie powiodło się.'],
    'Nieprawidłowy kod.', 'Twoje konto zostało zablokowane. Spróbuj ponownie za {n} minut.'),
  ru: row('ltr', 'Войти', 'Логин', 'Пароль', 'Далее', 'Код подтверждения', 'Подтвердить', 'Выйти', 'Добро пожаловать', 'Личный кабинет',
    ['Неверный логин или пароль.', 'Неправильный пароль.', 'Не удалось войти.'],
    'Неверный код.', 'Ваша учетная запись заблокирована. Попробуйте снова через {n} минут.'),
  tr: row('ltr', 'Giriş yap', 'Kullanıcı adı', 'Şifre', 'Devam', 'Doğrulama kodu', 'Doğrula', 'Çıkış yap', 'Hoş geldiniz', 'Hesabım',
    ['Kullanıcı adı veya şifre hatalı.', 'Şifreniz yanlış.', 'Giriş başarısız.'],
    'Doğrulama kodu hatalı.', 'Hesabınız kilitlendi. {n} dakika sonra tekrar deneyin.'),
  ja: row('ltr', 'ログイン', 'ユーザー名', 'パスワード', '次へ', '認証コード', '確認', 'ログアウト', 'ようこそ', 'マイページ',
    ['ユーザー名またはパスワードが正しくありません。', 'パスワードが間違っています。', 'ログインに失敗しました。'],
    '認証コードが正しくありません。', 'アカウントがロックされています。{n}分後にもう一度お試しください。'),
  zh: row('ltr', '登录', '用户名', '密码', '下一步', '验证码', '确认', '退出', '欢迎', '个人中心',
    ['用户名或密码错误。', '密码不正确。', '登录失败。'], '验证码错误。', '您的账号已被锁定，请在{n}分钟后重试。'),
  ko: row('ltr', '로그인', '아이디', '비밀번호', '다음', '인증번호', '확인', '로그아웃', '환영합니다', '내 계정',
    ['아이디 또는 비밀번호가 올바르지 않습니다.', '비밀번호가 일치하지 않습니다.', '로그인에 실패했습니다.'],
    '인증번호가 일치하지 않습니다.', '계정이 잠겼습니다. {n}분 후에 다시 시도하세요.'),
  ar: row('rtl', 'تسجيل الدخول', 'اسم المستخدم', 'كلمة المرور', 'التالي', 'رمز التحقق', 'تحقق', 'تسجيل الخروج', 'مرحبا', 'حسابي',
    ['اسم المستخدم أو كلمة المرور غير صحيحة.', 'كلمة المرور غير صحيحة.', 'فشل تسجيل الدخول.'],
    'رمز التحقق غير صحيح.', 'تم قفل حسابك. حاول مرة أخرى بعد {n} دقيقة.'),
} as const satisfies Record<string, Texts>;

export type Language = keyof typeof TEXTS;
