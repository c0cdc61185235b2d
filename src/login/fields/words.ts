import { fold } from '../../fold.ts';

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
    メール; ログインid; 会員; アカウント; お客様番号; 契約番号; 用户; 用戶; 账号; 帐号; 賬號; 帳號; 帳戶; 邮箱; 郵箱; 手机; 手機; 登录名; 아이디; 사용자; 이메일; 계정; 휴대폰;
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
  notPassword: `
    social security; |ssn|; |tin|; tax; security answer; |answer|; routing; account number; sicherheitsfrage;
    reponse; respuesta; resposta; risposta; antwoord; odpowiedz; ответ; cevap`,
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
    two-factor; two factor; twofactor; two-step; otp code; otpcode; access code; digit 1; digit1;
    bestatigungscode; sicherheitscode; einmalcode; einmalpasswort; prufcode; |tan|; verifizierungscode;
    authentifizierungscode; code de verification; code de securite; code a usage unique; code de validation;
    codigo de verificacion; codigo de seguridad; codigo de acceso; codigo de verificacao;
    codigo de seguranca; codice di verifica; codice di sicurezza; verificatiecode; beveiligingscode;
    kod weryfikacyjny; kod jednorazowy; код подтверждения; одноразов; проверочный код;
    dogrulama kodu; guvenlik kodu; 認証コード; 確認コード; ワンタイム; セキュリティコード; 动态码; 动态口令; 인증번호; 인증 코드; 인증코드;
    보안 코드; رمز التحقق; رمز الأمان`,
  codeWord: `
    |code|; |codigo|; |codice|; |kod|; |код|; |kodu|; コード; 验证码; 驗證碼; 코드; الرمز; رمز; security key; validation`,
  notCode: `
    zip; postal; postcode; promo; coupon; discount; gift; voucher; country; area code; area_code; areacode;
    dial; cvv; cvc; card; captcha; referral; invite; plz; postleitzahl; code postal; codigo postal; cep; cap;
    邮编; 郵便; 图形; invit; username; email; e-mail`,
  captcha: `
    captcha; characters shown; characters you see; letters in the image; text in the image; text from the image;
    zeichen aus dem bild; caracteres de la imagen; caracteres de l; символы с картинки; 画像に表示; 图片中的; 图形验证码; 驗證圖`,
  submit: `
    log in; login; log on; logon; sign in; signin; sign on; signon; log me in; authenticate; unlock; anmelden; einloggen;
    log dich ein; anmeldung; se connecter; connexion; me connecter; s'identifier; s identifier; identifiez;
    connectez; iniciar sesion; inicia sesion; iniciar; acceder; |entrar|; ingresar; accede; acessar; fazer login;
    iniciar sessao; accedi; |entra|; accedir; inloggen; aanmelden; log in; zaloguj; logowanie; войти; |вход|;
    авторизоваться; авторизац; увійти; giris; oturum ac; daxil ol; prihlas; logga in; log ind; logg inn; kirjaudu;
    bejelentkez; belepes; autentific; conecteaz; prijava; prijavi; συνδεση; dang nhap; masuk; เข้าสู่ระบบ; התחבר; כניסה;
    ログイン; サインイン; 登录; 登錄; 登入; 登陆; 로그인; تسجيل الدخول; |دخول|; الدخول`,
  sends: `
    submit; |go|; |enter|; |ok|; |send|; absenden; |los|; valider; envoyer; |ir|; enviar; |invia|; verzend; |wyslij|; отправить;
    gonder; odeslat; 送信; 送出; 提交; 确定; 確定; 전송; 제출; إرسال`,
  next: `
    next; continue; proceed; weiter; fortfahren; suivant; continuer; poursuivre; siguiente; continuar; proximo;
    seguinte; avancar; avanti; continua; prosegui; volgende; doorgaan; verder; dalej; kontynuuj; далее;
    продолжить; ileri; devam; sonraki; 次へ; 続ける; 続行; 下一步; 继续; 繼續; 다음; 계속; التالي; متابعة; استمرار`,
  verify: `
    verify; confirm; submit; validate; bestatigen; prufen; verifizieren; verifier; valider; confirmer;
    verificar; confirmar; validar; verifica; conferma; verifieren; bevestig; controleren; zweryfikuj; potwierdz;
    подтвердить; проверить; dogrula; onayla; 確認; 認証; 送信; 验证; 驗證; 确认; 提交; 확인; 인증; تحقق; تأكيد`,
  register: `
    sign up; signup; register; registration; create account; account creation; kontoerstellung; creation de compte; creation d'un compte; creacion de cuenta; criacao de conta; create my; create new; open account; create an account; create your account;
    create a new account; join; get started; new account; open an account; new user; new customer; registrier;
    konto erstellen; neu hier; neues konto; s'inscrire; inscription; inscrivez; creer un compte;
    creer mon compte; registrar; registrat; registro; crear cuenta; crea una cuenta; crear una cuenta; cadastr;
    criar conta; registrati; registrazione; crea un account; crea account; iscriviti; registreren; registreer;
    account aanmaken; zarejestruj; zaloz konto; rejestracja; utworz konto; регистрация; зарегистр; создать;
    kayit; uye ol; hesap olustur; 新規登録; 会員登録; アカウント作成; 注册; 註冊; 회원가입; 가입; إنشاء حساب; تسجيل جديد; |التسجيل|;
    اشترك`,
  linkSent: `
    sent you a link; sent you an email with a link; sent a link; emailed you a link; sent a magic link; sent you a magic;
    sent a sign-in link; sent a login link; sent you a sign-in; sent you a login link; sign-in link has been; login link has been;
    magic link has been; link has been sent; link was sent; link we sent; link we emailed; link we just; click the link in;
    click on the link in; open the link in; follow the link in; use the link in the; link geschickt; link gesendet;
    link zugesendet; anmeldelink; klicken sie auf den link; klicke auf den link; lien envoye; envoye un lien; lien de connexion;
    cliquez sur le lien; enviado un enlace; enlace enviado; enlace de inicio; enlace para iniciar; haz clic en el enlace;
    haga clic en el enlace; enviamos um link; link enviado; link de acesso; clique no link; inviato un link; link inviato;
    link di accesso; clicca sul link; fai clic sul link; link gestuurd; link verstuurd; link verzonden; inloglink;
    klik op de link; wyslalismy link; link wyslany; link logowania; link do logowania; kliknij link; kliknij w link;
    отправили ссылку; ссылка отправлена; ссылку для входа; перейдите по ссылке; ссылка для входа; baglanti gonderdik;
    baglanti gonderildi; giris baglantisi; baglantiya tiklayin; リンクを送信; リンクをお送り; ログインリンク; リンクをクリック; 发送了链接; 登录链接;
    点击链接; 點擊連結; 登入連結; 링크를 보냈; 링크를 전송; 로그인 링크; 링크를 클릭; أرسلنا رابط; إرسال رابط; رابط تسجيل الدخول; انقر على الرابط`,
  recoveryCode: `
    recovery code; backup code; back-up code; emergency code; scratch code; wiederherstellungscode; backup-code;
    ersatzcode; notfallcode; code de secours; code de recuperation; codes de secours; codigo de recuperacion;
    codigo de respaldo; codigo de recuperacao; codigo de backup; codice di recupero; codice di backup;
    codice di riserva; herstelcode; back-upcode; reservecode; kod odzyskiwania; kod zapasowy; kodu zapasowego;
    код восстановления; резервный код; резервного кода; kurtarma kodu; yedek kod; リカバリーコード; バックアップコード;
    回復コード; 恢复代码; 恢复码; 备用代码; 备用码; 恢復碼; 備用碼; 복구 코드; 백업 코드; رمز الاسترداد; رمز احتياطي; رمز النسخ الاحتياطي`,
  recovery: `
    forgot; forgotten; reset; recover; lost password; cannot access; can't access; trouble; vergessen;
    zurucksetzen; oublie; reinitialis; olvid; recuper; restablecer; esqueci; esqueceu; redefinir; dimenticat;
    reimposta; vergeten; herstel; nie pamietasz; zapomnia; przypomnij; забыли; восстанов; unuttum; sifremi; 忘れ;
    再設定; 再発行; 忘记; 忘記; 重置; 找回; 찾기; 재설정; نسيت; استعادة`,
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
    newsletter; |subscribe|; |unsubscribe|; mailing list; abonnier; abonne; suscrib; inscreva; iscriviti alla; aanmelden voor;
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
  personal: `
    first name; firstname; fname; last name; lastname; lname; surname; full name; fullname; given name;
    family name; middle name; your name; birth; dob; bday; gender; |sex|; |age|; address line; street; |city|;
    |state|; |zip|; postal; postcode; country; nationality; occupation; job title; company; organization name;
    vorname; nachname; geburt; geschlecht; strasse; |ort|; |plz|; |land|; anrede; prenom; |nom|; |nom de famille|;
    naissance; civilite; adresse postale; |ville|; |pays|; nombre y apellido; |nombre|; apellido; nacimiento;
    genero; direccion; ciudad; |pais|; |nome|; sobrenome; nascimento; endereco; cidade; cognome; nascita; citta;
    |paese|; indirizzo; voornaam; achternaam; geboorte; woonplaats; |imie|; nazwisko; data urodzenia; |miasto|;
    |ulica|; |имя|; фамили; отчество; рожден; |город|; |пол|; адрес; |ad|; |soyad|; dogum; cinsiyet; sehir;
    |jmeno|; prijmeni; 氏名; 姓; 名前; 生年月日; 性別; 住所; 都道府県; 姓名; 名字; 出生; 性别; 城市; 国家; 地址; 이름; 생년월일; 성별; 주소;
    الاسم الأول; اسم العائلة; تاريخ الميلاد; الجنس; المدينة; الدولة; العنوان`,
  payment: `
    card number; cardnumber; credit card; creditcard; debit card; cvv; cvc; |csc|; expir; exp date; |iban|; |bic|; swift;
    routing number; billing; shipping; kartennummer; kreditkarte; carte bancaire; numero de carte; tarjeta;
    cartao; carta di credito; creditcard; karty; номер карты; kart numarasi; カード番号; 卡号; 信用卡; 카드 번호; رقم البطاقة`,
  writes: `
    message; comment; subject; question; inquiry; enquiry; feedback; description; review; nachricht; kommentar;
    betreff; sujet; commentaire; mensaje; asunto; comentario; mensagem; assunto; messaggio; oggetto; bericht;
    onderwerp; wiadomosc; temat; сообщение; комментари; тема; mesaj; konu; メッセージ; 本文; 件名; 留言; 评论; 메시지; 제목; رسالة; الموضوع`,
  terms: `
    terms; i agree; agree to; i accept; privacy policy; conditions; i have read; age or older; agb; nutzungsbedingungen;
    datenschutz; einverstanden; conditions generales; j'accepte; politique de confidentialite; acepto; terminos;
    condiciones; aceito; termos; politica de privac; accetto; termini; condizioni; privacy; ik ga akkoord;
    voorwaarden; akceptuj; regulamin; zgod; соглас; услови; политик; kabul; sozlesme; kosullar; 同意; 利用規約; 规约; 条款; 協議; 协议;
    약관; 동의; أوافق; الشروط`,
  remember: `
    remember; keep me; stay signed; stay logged; trust this; don't ask again; persistent; auto login; autologin;
    rememberme; save password; angemeldet bleiben; eingeloggt bleiben; merken; se souvenir; rester connect;
    memoriser; recordar; recuerdame; recordarme; mantener; no cerrar sesion; lembrar; manter; permanecer; ricorda;
    resta connesso; onthoud; aangemeld blijven; ingelogd blijven; zapamietaj; nie wylogowuj; запомн; оставаться; hatirla;
    oturumu acik; pamatuj; zapamatovat; 保存する; 記憶; ログイン状態; 次回から; 自动登录; 记住; 記住; 保持登录; 下次自动; 자동 로그인; 저장; 로그인 상태;
    تذكرني; ابقني`,
  changesPassword: `
    change password; change your password; change my password; changepassword; update password; updatepassword;
    set password; set a new; reset password; resetpassword; save password; new password; choose a new;
    create new password; passwort andern; kennwort andern; neues passwort; changer le mot de passe; modifier le mot;
    nouveau mot de passe; reinitialiser; cambiar contrasena; cambiar la contrasena; nueva contrasena;
    restablecer contrasena; alterar senha; mudar senha; nova senha; redefinir senha; cambia password; nuova password;
    wachtwoord wijzigen; nieuw wachtwoord; zmien haslo; zmiana hasla; nowe haslo; сменить пароль; изменить пароль; новый пароль;
    смена пароля; sifre degistir; yeni sifre; パスワード変更; パスワードの変更; 新しいパスワード; 修改密码; 更改密码; 重置密码; 비밀번호 변경; 비밀번호 재설정;
    تغيير كلمة المرور`,
  haveAccount: `
    already have an account; already have; have an account; already a member; already registered; already a user;
    existing user; existing customer; already signed up; bereits registriert; bereits ein konto; schon ein konto;
    schon registriert; bereits kunde; deja un compte; deja inscrit; deja client; deja membre; ya tienes; ya tengo;
    ya estas registrado; ya eres; ja tem; ja tenho; ja possui; ja sou; hai gia; sei gia; al een account; heb je al;
    masz juz konto; masz konto; уже есть аккаунт; уже зарегистрирован; есть учетная; zaten; hesabin var; uz mate;
    アカウントをお持ち; 登録済み; 已有账号; 已有帐号; 已有帳號; 이미 계정; 이미 회원; لديك حساب`,
  lacksAccount: `
    don't have an account; dont have; no account; new here; not a member; not registered; new to; need an account;
    new customer; noch kein konto; neu bei; noch nicht registriert; pas de compte; pas encore; no tienes; no tengo;
    aun no; nao tem; nao possui; ainda nao; non hai; non sei; nog geen; nie masz; нет аккаунта; еще не зарег; hesabin yok;
    お持ちでない; 初めて; 还没有; 没有账号; 沒有帳號; 아직 회원; 계정이 없; ليس لديك`,
} as const;

export type WordList = keyof typeof WORDS;

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
