/**
 * Words that signal a role, as data: lower case, without Latin accents, separated by semicolons, in en de fr es pt it nl
 * pl ru tr ja zh ko ar. A phrase matches anywhere; one between bars (|pin|) only as a whole word.
 */
export const WORDS = {
  identifier: `
    user name; username; userid; user id; |user|; |usr|; login; log-in id; signin id; e-mail; email; |mail|;
    |account|; account name; member; customer number; customer id; identifier; phone; mobile; screen name;
    nickname; benutzer; anmeldename; kennung; kundennummer; nutzer; zugangsnummer; handynummer; telefon;
    identifiant; utilisateur; courriel; adresse mail; numero client; pseudo; compte; usuario; correo; cuenta;
    identificador; nombre de acceso; usuari; dni; nif; utilizador; conta; cpf; nome utente; utente;
    codice cliente; codice utente; codice fiscale; gebruiker; inlognaam; klantnummer; uzytkownik;
    nazwa uzytkownika; identyfikator; |konto|; pesel; логин; пользовател; почт; учетная запись; телефон;
    имя входа; kullanici; e-posta; eposta; musteri; tc kimlik; uzivatel; jmeno; anvandar; bruger; kayttaja; ユーザ;
    メール; ログインid; 会員; アカウント; お客様番号; 用户; 用戶; 账号; 帐号; 賬號; 帳號; 帳戶; 邮箱; 郵箱; 手机; 手機; 登录名; 아이디; 사용자; 이메일; 계정; 휴대폰;
    اسم المستخدم; البريد; المستخدم; الحساب; رقم الهاتف; الهاتف`,
  notIdentifier: `
    search; |q|; query; suche; recherche; buscar; busca; pesquis; cerca; zoek; szukaj; поиск; |ara|; 検索; 搜索; 搜尋;
    검색; بحث; newsletter; subscribe; coupon; promo; voucher; captcha; verification code; security code;
    first name; firstname; last name; lastname; surname; full name; fullname; given name; family name; vorname;
    nachname; prenom; apellido; |nome completo|; cognome; voornaam; achternaam; |imie|; nazwisko; |имя|;
    фамилия; soyad; company; organi; address line; street; |city|; |zip|; postal; postcode; country; birth;
    |age|; amount; quantity; comment; subject; message; card number; cvv; |url|; website; friend`,
  tenant: `
    company; tenant; domain; workspace; organization; organisation; subdomain; realm; instance; |server|;
    database; firma; mandant; unternehmen; entreprise; societe; empresa; azienda; bedrijf; компания;
    organizacja; sirket; 会社; 公司; 회사; الشركة`,
  password: `
    password; passwd; |pass|; |pwd|; |pw|; passphrase; passcode; kennwort; passwort; mot de passe; |mdp|;
    contrasena; clave; senha; palavra-passe; wachtwoord; haslo; пароль; parola; sifre; heslo; losenord;
    adgangskode; salasana; パスワード; 密码; 密碼; 비밀번호; 암호; كلمة المرور; كلمة السر`,
  newPassword: `
    new password; newpassword; new-password; new_password; create password; create a password;
    choose a password; confirm; repeat; retype; re-enter; reenter; again; verify password; password2; passwd2;
    pwd2; password_confirmation; neues passwort; neues kennwort; wiederhol; bestatigen; nouveau mot de passe;
    confirmer; confirmez; nueva contrasena; repetir; repita; nova senha; confirme; nuova password; conferma;
    ripeti; nieuw wachtwoord; herhaal; bevestig; nowe haslo; powtorz; potwierdz; новый пароль; повторите;
    подтвер; yeni sifre; tekrar; 新しいパスワード; 確認; 新密码; 确认密码; 確認密碼; 새 비밀번호; 비밀번호 확인; كلمة المرور الجديدة; تأكيد`,
  currentPassword: `
    current password; currentpassword; current-password; old password; oldpassword; old_password;
    existing password; aktuelles passwort; altes passwort; mot de passe actuel; ancien mot de passe;
    contrasena actual; senha atual; password attuale; huidig wachtwoord; obecne haslo; текущий пароль;
    старый пароль; mevcut sifre; 現在のパスワード; 当前密码; 旧密码; 현재 비밀번호; كلمة المرور الحالية`,
  code: `
    |otp|; |totp|; |2fa|; |mfa|; one-time; one time; onetime; onetimecode; verification code; verificationcode;
    verify code; verifycode; security code; authentication code; auth code; authcode; authenticator; |token|;
    passcode; |pin|; pin code; pincode; sms code; login code; 6-digit; 6 digit; six-digit; digit code;
    two-factor; two factor; twofactor; two-step; otp code; otpcode; access code; |code|; digit 1; digit1;
    bestatigungscode; sicherheitscode; einmalcode; einmalpasswort; prufcode; |tan|; verifizierungscode;
    authentifizierungscode; code de verification; code de securite; code a usage unique; code de validation;
    codigo de verificacion; codigo de seguridad; codigo de acceso; |codigo|; codigo de verificacao;
    codigo de seguranca; codice di verifica; codice di sicurezza; |codice|; verificatiecode; beveiligingscode;
    kod weryfikacyjny; kod jednorazowy; |kod|; код подтверждения; одноразов; |код|; проверочный код;
    dogrulama kodu; guvenlik kodu; 認証コード; 確認コード; ワンタイム; セキュリティコード; 验证码; 驗證碼; 动态码; 动态口令; 인증번호; 인증 코드; 인증코드;
    보안 코드; رمز التحقق; رمز الأمان; |الرمز|; رمز`,
  notCode: `
    zip; postal; postcode; promo; coupon; discount; gift; voucher; country; area code; area_code; areacode;
    dial; cvv; cvc; card; captcha; referral; invite; plz; postleitzahl; code postal; codigo postal; cep; cap;
    邮编; 郵便; 图形; invit; username; email; e-mail`,
  captcha: `
    captcha; characters shown; characters you see; letters in the image; text in the image; text from the image;
    zeichen aus dem bild; caracteres de la imagen; caracteres de l; символы с картинки; 画像に表示; 图片中的; 图形验证码; 驗證圖`,
  submit: `
    log in; login; log on; logon; sign in; signin; sign on; submit; |go|; |enter|; authenticate; unlock;
    anmelden; einloggen; log dich ein; anmeldung; se connecter; connexion; me connecter; s'identifier;
    s identifier; valider; iniciar sesion; inicia sesion; iniciar; acceder; |entrar|; ingresar; accede; acessar;
    fazer login; iniciar sessao; accedi; |entra|; inloggen; aanmelden; log in; zaloguj; logowanie; войти;
    |вход|; авторизоваться; giris; oturum ac; prihlasit; logga in; log ind; logg inn; kirjaudu; ログイン; サインイン; 登录;
    登錄; 登入; 로그인; تسجيل الدخول; |دخول|; الدخول`,
  next: `
    next; continue; proceed; weiter; fortfahren; suivant; continuer; poursuivre; siguiente; continuar; proximo;
    seguinte; avancar; avanti; continua; prosegui; volgende; doorgaan; verder; dalej; kontynuuj; далее;
    продолжить; ileri; devam; sonraki; 次へ; 続ける; 続行; 下一步; 继续; 繼續; 다음; 계속; التالي; متابعة; استمرار`,
  verify: `
    verify; confirm; submit; validate; bestatigen; prufen; verifizieren; verifier; valider; confirmer;
    verificar; confirmar; validar; verifica; conferma; verifieren; bevestig; controleren; zweryfikuj; potwierdz;
    подтвердить; проверить; dogrula; onayla; 確認; 認証; 送信; 验证; 驗證; 确认; 提交; 확인; 인증; تحقق; تأكيد`,
  register: `
    sign up; signup; register; registration; create account; create an account; create your account;
    create a new account; join; get started; new account; open an account; new user; new customer; registrier;
    konto erstellen; neu hier; neues konto; s'inscrire; inscription; inscrivez; creer un compte;
    creer mon compte; registrar; registrat; registro; crear cuenta; crea una cuenta; crear una cuenta; cadastr;
    criar conta; registrati; registrazione; crea un account; crea account; iscriviti; registreren; registreer;
    account aanmaken; zarejestruj; zaloz konto; rejestracja; utworz konto; регистрация; зарегистр; создать;
    kayit; uye ol; hesap olustur; 新規登録; 会員登録; アカウント作成; 注册; 註冊; 회원가입; 가입; إنشاء حساب; تسجيل جديد; |التسجيل|;
    اشترك`,
  recovery: `
    forgot; forgotten; reset; recover; lost password; cannot access; can't access; trouble; vergessen;
    zurucksetzen; oublie; reinitialis; olvid; recuper; restablecer; esqueci; esqueceu; redefinir; dimenticat;
    reimposta; vergeten; herstel; nie pamietasz; zapomnia; przypomnij; забыли; восстанов; unuttum; sifremi; 忘れ;
    再設定; 忘记; 忘記; 重置; 找回; 찾기; 재설정; نسيت; استعادة`,
  otherMethod: `
    google; facebook; apple; twitter; github; gitlab; microsoft; linkedin; amazon; yahoo; paypal; okta; |sso|;
    single sign; saml; passkey; fingerprint; face id; qr code; |qr|; wechat; 微信; weibo; kakao; naver; |line|;
    |vk|; vkontakte; яндекс; госуслуг; magic link; email me a; without password; certificate; smart card;
    windows; steam; discord; slack`,
  dismiss: `
    cancel; back; close; abbrechen; zuruck; schliessen; annuler; retour; fermer; cancelar; volver; cerrar;
    voltar; fechar; annulla; indietro; chiudi; annuleren; terug; sluiten; anuluj; wstecz; zamknij; отмена;
    назад; закрыть; iptal; geri; kapat; キャンセル; 戻る; 閉じる; 取消; 返回; 关闭; 關閉; 취소; 뒤로; 닫기; إلغاء; رجوع; إغلاق`,
  notSubmit: `
    show; hide; reveal; toggle; visibility; anzeigen; afficher; mostrar; ocultar; mostra; toon; pokaz; показать;
    goster; 表示; 显示; 顯示; 보기; إظهار; search; suche; recherche; buscar; resend; erneut senden; renvoyer; reenviar;
    language; help; hilfe; aide; ayuda; menu; subscribe; newsletter; download; upload; cookie; privacy; terms`,
  search: `
    search; suche; recherche; buscar; busca; pesquis; cerca; zoek; szukaj; поиск; 検索; 搜索; 搜尋; 검색; بحث; |q|`,
  newsletter: `
    newsletter; subscribe; mailing list; abonnier; abonne; suscrib; inscreva; iscriviti alla; aanmelden voor;
    zapisz sie; подпис; abone ol; メルマガ; 订阅; 訂閱; 구독; اشترك في`,
  logOut: `
    log out; logout; log off; logoff; sign out; signout; sign off; abmelden; ausloggen; deconnexion;
    deconnecter; cerrar sesion; desconectar; salir; |sair|; terminar sessao; encerrar sessao; esci; disconnetti;
    uitloggen; afmelden; wyloguj; выйти; |выход|; cikis; oturumu kapat; odhlasit; logga ut; log ud; logg ut;
    kirjaudu ulos; ログアウト; サインアウト; 退出; 登出; 注销; 로그아웃; تسجيل الخروج; خروج`,
  accountMenu: `
    my account; your account; account settings; account menu; user menu; profile; dashboard; my profile; avatar;
    mein konto; mein profil; ubersicht; mon compte; mon profil; tableau de bord; mi cuenta; mi perfil;
    minha conta; meu perfil; painel; il mio account; il mio profilo; mijn account; mijn profiel; moje konto;
    moj profil; личный кабинет; мой профиль; мой аккаунт; hesabim; profilim; マイページ; マイアカウント; プロフィール; 我的账户; 我的帐户;
    个人中心; 我的帳戶; 내 계정; 마이페이지; 내 정보; حسابي; ملفي; لوحة التحكم`,
  welcome: `
    welcome; signed in as; logged in as; you are logged in; you are signed in; hello,; willkommen;
    angemeldet als; bienvenue; connecte en tant que; bienvenid; sesion iniciada; bem-vind; benvenut; welkom;
    ingelogd als; witaj; zalogowany jako; добро пожаловать; вы вошли; hos geldiniz; ようこそ; 欢迎; 歡迎; 환영; مرحبا;
    أهلا`,
} as const;

export type WordList = keyof typeof WORDS;

/** Lower case, without Latin accents. Other scripts keep their marks: in them they are letters. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/ı/g, 'i')
    .replace(/ł/g, 'l')
    .replace(/[‘’]/g, "'");
}

/** `userName` and `user_name` as words, beside the text itself. */
export function spread(identifier: string): string {
  const words = identifier.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_\-.[\]:/$]+/g, ' ');
  return `${identifier} ${words}`;
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A pattern that finds any phrase of a semicolon-separated list in folded text. */
export function phrasePattern(list: string): RegExp {
  const parts = list
    .split(';')
    .map((phrase) => fold(phrase.trim()))
    .filter(Boolean)
    .map((phrase) =>
      phrase.startsWith('|') ? `(?<![\\p{L}\\p{N}])${literal(phrase.slice(1, -1))}(?![\\p{L}\\p{N}])` : literal(phrase),
    );
  return new RegExp(parts.join('|'), 'u');
}

const PATTERNS = Object.fromEntries(Object.entries(WORDS).map(([name, list]) => [name, phrasePattern(list)])) as Record<
  WordList,
  RegExp
>;

/** Whether a text holds one of the words of a list. */
export function says(list: WordList, text: string): boolean {
  return text !== '' && PATTERNS[list].test(fold(text));
}
