/**
 * Words beside numbers in messages, as data: lower case, accents do not count, separated by semicolons. A phrase is
 * found as `code-words.ts` says for its list; one between bars (|pin|) only as a whole word. Where phrases overlap, the
 * longest or the one that goes on furthest counts, so "promo code" and "code of conduct" are no "code". A line is a language or a few.
 */
export const NAME_WORDS = {
  /** Names of a one-time code that are hardly used for anything else. */
  strong: `
    signature code; signing code; signaturcode; code de signature; codigo de firma; codigo de assinatura; codice di firma; kod podpisu; код подписи; imza kodu; رمز التوقيع; رقم التحقق; verification code; verify code; login code; log-in code; log in code; signin code;
    sign-in code; sign in code; authentication code; authorization code; authorisation code;
    one-time code; one time code; one-time password; one time password; one-time passcode; onetime; verification number; security number; auth code; mfa code; otp code; login token; security key code; |otp|;
    two-factor code; 2fa code; guard code;
    login pin; |mtan|; securepass;
    bestatigungscode; einmalcode; einmalkennwort; einmalpasswort; prufcode; anmeldecode;
    verifizierungscode; anmelde-code; login-code; sms-code; sms code; authentifizierungscode; einmaligen code; |smstan|;
    code de verification; code de connexion;
    code a usage unique; code d'authentification; mot de passe a usage unique;
    a usage unique; code sms; code otp;
    codigo de verificacion; clave de un solo uso;
    codigo de un solo uso; codigo de autenticacion; clave dinamica; de un solo uso; codigo sms; codigo otp; codigo de inicio; contrasena temporal; contrasena de un solo uso;
    codigo de verificacao; codigo de autenticacao;
    codigo de uso unico; senha de uso unico; de uso unico; seu token; codigo de login;
    codice di verifica; codice otp;
    codice monouso; codice usa e getta; codice di autenticazione; codice sms; password monouso; monouso; codice di autorizzazione;
    verificatiecode; inlogcode; eenmalige code;
    eenmalig wachtwoord; eenmalige inlogcode; controlecode; authenticatiecode;
    kod weryfikacyjny; kod jednorazowy; jednorazowy kod; haslo jednorazowe; kod sms;
    kod autoryzacyjny; kod logowania; kodu jednorazowego; hasla jednorazowego; jednorazowego kodu; jednorazowe haslo; kod uwierzytelniajacy; kod otp; kod do logowania; smskod; sms-kod; kod weryfikacji;
    код подтверждения; код для входа; проверочный код; одноразовый код; одноразовый пароль; код входа;
    код авторизации; пароль для входа; смс-код; sms-код; код проверки; одноразового кода; одноразовым кодом; одноразового пароля; код аутентификации; код из смс; временный пароль; код верификации;
    dogrulama kod; onay kod; giris kod; tek kullanimlik; sms kod; sms sifre; onay sifre; giris sifre; dogrulama sifre; guvenlik sifre; oturum acma kod;
    認証コード; 認証番号; ワンタイムコード; ワンタイムパスワード; 検証コード; 認証キー; ログインコード; ワンタイム; 承認コード; 本人確認コード; 確認用コード; 確認キー; 本人確認番号;
    验证码; 校验码; 动态密码; 动态码; 动态验证码; 一次性密码; 登录码; 驗證碼; 一次性密碼; 動態密碼; 認證碼; 短信密码; 动态口令; 驗證代碼; 验证代码; 登入碼; 登录密码; 授权码; 認證密碼; 動態碼; 交易码; 交易碼; 验证口令;
    인증번호; 인증 번호; 인증코드; 인증 코드; 일회용 비밀번호; 로그인 코드; 일회용; 본인확인번호; 인증키; 임시 비밀번호; 인증 키; 로그인 인증; 접속 코드; 인증암호;
    رمز التحقق; رمز التأكيد; رمز الدخول; رمز المصادقة; كود التحقق; كلمة مرور لمرة واحدة; رمز لمرة واحدة; لمرة واحدة; كود الدخول; رمز تسجيل; كود التأكيد; رمز تحقق; كلمة السر المؤقتة;
    engangskod; engangskode; verifieringskod; inloggningskod; bekreftelseskode; bekraeftelseskode;
    vahvistuskoodi; kertakayttokoodi; kertakayttoinen koodi; overovaci kod;
    jednorazovy kod; potvrzovaci kod; egyszer hasznalatos; egyszeri; azonosito kod; hitelesito kod; ellenorzo kod; megerosito kod; belepesi kod; cod de verificare;
    код підтвердження; код перевірки; одноразовий код; κωδικος επαληθευσης;
    κωδικό επαλήθευσης; κωδικός μίας χρήσης; קוד האימות; קוד אימות; קוד הכניסה; קוד כניסה;
    सत्यापन कोड; ओटीपी; kode verifikasi; kode otp; kode keamanan; ma xac thuc; ma xac minh; ma otp; รหัสยืนยัน; รหัส otp; کد ورود; کد تایید;
    کد تأیید; رمز یکبار مصرف;
    2fa:; 2fa :; mfa:; verification:; verification :; verificacion:; verificacao:; verifica:; weryfikacja:; verifizierung:; verificatie:; verifiering:; verificering:; верификация:; верифікація:; dogrulama:; 認証:; 验证:; 驗證：; 인증:; التحقق:; xác thực:; xac minh:; verifikasi:; overeni:;
    본인확인 번호; 확인번호; 확인 번호; 인증 숫자; tunnusluku; tunnusluvun; avainluku; geheimzahl; einmalzahl; clave numerica; numero de verificacion; numero de verificacao; numero de verification; numero di verifica; verificatienummer; numer weryfikacyjny; verifikationsnummer; verifiseringsnummer; vahvistusnumero; ellenorzo szam; ellenorzoszam; numar de verificare; проверочное число; перевірочне число; αριθμός επαλήθευσης; מספר אימות; شماره تایید; सत्यापन संख्या; dogrulama numarasi; 認証用番号; 验证数字; số xác minh; หมายเลขยืนยัน; nomor verifikasi; einmalkenn; einmal-kenn; einmalige kennung; kertakayttotunn; engangstunn;
    signing-in code; code to sign in; code to log in; login passcode; sign-in passcode; verification pin; verification passcode; one time pin; one-time pin; |totp|; verifying code; two-step code; 2-step code; two factor code;
    anmeldungscode; login-tan; anmelde-tan; push-tan; einmal-code; zwei-faktor-code; bestatigungs-code; verifikationscode; code zur anmeldung; code zum einloggen; code zum anmelden; code fur die anmeldung; code fur den login;
    code pour vous connecter; code pour vous identifier; code a 6 chiffres; mot de passe temporaire; code de double authentification;
    codigo para iniciar sesion; codigo para entrar; codigo de un solo; clave de acceso; clave para entrar; clave temporal; codigo de doble factor; codigo unico de acceso;
    codigo de autorizacao; codigo de uso; senha temporaria; senha unica; palavra-passe temporaria; codigo para iniciar sessao; codigo unico;
    codice per accedere; codice per l'accesso; codice di login; password temporanea; codice di identificazione;
    code om in te loggen; verificatie-code; eenmalige verificatiecode; tweestapscode; aanmeldcode; inlog-code; sms-verificatiecode;
    kod do weryfikacji; kod logujacy; kodem jednorazowym; kodu weryfikacyjnego; kodu logowania;
    код для авторизации; код подтверждения входа; кода подтверждения; код двухфакторной; код для подтверждения входа; проверочного кода; проверочным кодом;
    dogrulama pin; tek seferlik; giris parola; tek kullanimlik parola; dogrulama parola;
    認証用コード; ログイン用コード; ログイン認証; 認証パスワード; 2段階認証コード; ログイン番号; サインインコード; 認証ナンバー; 本人認証コード;
    登录验证; 登陆验证码; 登錄驗證碼; 登入驗證碼; 一次性验证码; 一次性驗證碼; 身份验证码; 登录口令; 认证码; 驗證號碼; 认证代码; 動態驗證碼; 簡訊驗證碼;
    로그인 번호; 본인인증번호; 인증 암호; 1회용 비밀번호; 2단계 인증; 로그인 인증번호;
    رمز الدخول لمرة; كلمة المرور لمرة; كلمة المرور المؤقتة; كود تحقق; رمز التوثيق; رمز تأكيد; كلمة مرور مؤقتة; رمز otp; كود otp;
    prihlasovaci kod; prihlasovaciho kodu; kod pro prihlaseni; kod k prihlaseni; kod na prihlaseni; jednorazove heslo; jednorazoveho hesla; jednorazovym kodem; jednorazoveho kodu; autorizacni kod; autentizacni kod; bezpecnostniho kodu; overovaciho kodu; kod na prihlasenie; kod pre prihlasenie; overovacieho kodu; bezpecnostny kod; jednorazovy; jednorazovym; potvrdzovaci kod; autorizacny kod;
    bekraftelsekod; verifikationskod; engangslosenord; autentiseringskod; inloggskod; kod for inloggning; kod for att logga in; koden for att logga in; kontrollkod;
    loginkode; log ind-kode; login-kode; verifikationskode; verificeringskode; bekræftelseskode; engangsadgangskode; godkendelseskode; kode til at logge ind; kode til login; adgangskode til engangsbrug; engangspassord; paloggingskode; palogingskode; innloggingskode; verifiseringskode; autentiseringskode; kode for innlogging; kode for a logge inn; koden for a logge inn; kontrollkode; kontrolkode;
    kirjautumiskoodi; kertakayttosalasana; kertasalasana; kertakoodi; turvakoodi; todennuskoodi; varmennuskoodi; varmistuskoodi; tunnistautumiskoodi; tunnistuskoodi; vahvistustunnus; turvatunnus; sisaankirjautumiskoodi;
    bejelentkezesi kod; belepokod; jovahagyo kod; jovahagyasi kod; hitelesitesi kod; azonositasi kod; ellenorzokod; biztonsagi jelszo; ideiglenes jelszo; ideiglenes kod; visszaigazolo kod;
    codul de verificare; codul de securitate; cod de autentificare; codul de autentificare; cod de conectare; codul de conectare; cod unic; codul unic; parola unica; parola de unica folosinta; cod de unica folosinta; codul de unica folosinta; codul de logare; cod de logare; cod otp; codul otp; parola temporara; codul temporar;
    одноразовий пароль; одноразового коду; код для входу; код входу; код безпеки; код авторизації; код автентифікації; перевірочний код; тимчасовий пароль; код верифікації; код для авторизації;
    код за потвърждение; код за вход; еднократен; еднократна; код за сигурност; код за верификация; код за проверка; за еднократна употреба;
    κωδικός σύνδεσης; κωδικός εισόδου; κωδικό ασφαλείας; κωδικό σύνδεσης; κωδικό μίας χρήσης; κωδικός πιστοποίησης; κωδικός επιβεβαίωσης; κωδικό επιβεβαίωσης; κωδικός ταυτοποίησης; μιας χρήσης; κωδικός otp; κωδικού επαλήθευσης; προσωρινός κωδικός;
    חד פעמי; חד-פעמי; חד־פעמי; קוד אבטחה; קוד האבטחה; קוד הזדהות; קוד ההזדהות; קוד התחברות; קוד ההתחברות; קוד זיהוי; קוד הזיהוי; סיסמה זמנית; חד פעמית; חד-פעמית;
    رمز پویا; رمز ورود; رمز یکبار; کد یکبار; کد فعالسازی; کد احراز; کد امنیتی; یکبار مصرف; کد اعتبارسنجی; گذرواژه یکبار; کد تاییدیه; رمز دوم;
    वन-टाइम पासवर्ड; वन टाइम पासवर्ड; वन-टाइम कोड; वन टाइम; लॉगिन कोड; सुरक्षा कोड; पुष्टिकरण कोड; वेरिफिकेशन कोड; साइन-इन कोड; प्रमाणीकरण कोड; एक बार उपयोग;
    mã xác nhận; mã đăng nhập; ma dang nhap; mã bảo mật; mật khẩu một lần; mã dùng một lần; mật khẩu dùng một lần; mã kiểm tra;
    รหัสผ่านแบบใช้ครั้งเดียว; รหัสแบบใช้ครั้งเดียว; รหัสเข้าสู่ระบบ; รหัสสำหรับเข้าสู่ระบบ; รหัสความปลอดภัย; รหัสผ่านชั่วคราว; รหัสยืนยันตัวตน; รหัสตรวจสอบ; ใช้ครั้งเดียว;
    kode masuk; kode login; kata sandi sekali pakai; kode sekali pakai; kode autentikasi; kode konfirmasi; kode akses; sandi sekali pakai; kod pengesahan; kod keselamatan; kod log masuk; kata laluan sekali; kod sekali guna; kode rahasia otp; kode pengesahan;
    verifikacijski kod; verifikacioni kod; kod za prijavu; jednokratn; sigurnosni kod; kod za potvrdu; kod za verifikaciju; potvrdni kod; prijavni kod; koda za prijavo; enkratn; potrditvena koda; varnostna koda; preveritvena koda; једнократн; верификациони код; код за пријаву; код за потврду;
    kinnituskood; turvakood; sisselogimiskood; uhekordne; uhekordse; patvirtinimo kod; vienkartin; prisijungimo kod; saugos kod; apstiprinajuma kod; vienreiz; pieteiksanas kod; drosibas kod; verifikacijas kod;
    codi de verificacio; codi d'acces; codi de seguretat; codi per iniciar sessio; contrasenya d'un sol us; d'un sol us;
    لاگ ان کوڈ; تصدیقی کوڈ; توثیقی کوڈ; যাচাইকরণ কোড; ওটিপি; சரிபார்ப்புக் குறியீடு; ஒருமுறை; nambari ya uthibitishaji; msimbo wa uthibitishaji; verifikasiekode; eenmalige pin; ერთჯერადი; დამადასტურებელი კოდი`,
  /** Names of a code that also opens a locker or a meeting where the message is about one. */
  named: `
    رقم التأكيد; security code; confirmation code;
    access code;
    passcode; pass code; pin code; secret code; activation code; registration code;
    temporary code; single-use code; device code; your code; the code below;
    following code; this code; new code; use code; enter code;
    sicherheitscode; zugangscode;
    freigabecode; aktivierungscode; registrierungscode; dein code; ihr code; ihren code; deinen code; folgenden code; diesen code; pin-code;
    code de securite; code d'acces; code de confirmation; code confidentiel;
    code temporaire; code de validation;
    code unique; votre code; code suivant; code d'activation; ce code; le code; code pin; code d'identification;
    codigo de seguridad; codigo de acceso; codigo de confirmacion;
    tu codigo; su codigo; siguiente codigo; codigo temporal; codigo de activacion; este codigo; el codigo; tu clave; su clave; codigo pin;
    codigo de seguranca; codigo de acesso; codigo de confirmacao;
    seu codigo; o codigo; teu codigo; codigo temporario; codigo de ativacao; codigo de validacao;
    codice di accesso; codice di sicurezza; codice di conferma; codice temporaneo;
    tuo codice; questo codice; suo codice; il codice; seguente codice; codice di attivazione; codice pin; codice segreto; codice unico;
    bevestigingscode; beveiligingscode; toegangscode;
    deze code; je code; uw code; volgende code; de code; activatiecode; pincode; activeringscode;
    kod bezpieczenstwa; kod dostepu;
    kod potwierdzajacy; twoj kod; ponizszy kod; kod aktywacyjny; ten kod; kod pin; nastepujacy kod;
    код безопасности;
    код доступа; ваш код; код активации; этот код; следующий код; пин-код; временный код; секретный код;
    guvenlik kod; erisim kod; su kodu; aktivasyon kod; kodunuz; kodun; bu kodu; asagidaki kod;
    次の番号; 以下の番号; 番号を入力; 確認コード; 確認番号; 暗証コード; セキュリティコード; 承認番号; 暗証番号;
    安全码; 安全碼; 确认码; 確認碼; 随机码; 激活码;
    확인코드; 확인 코드; 보안코드; 보안 코드; 보안번호;
    رمز الأمان; كود التفعيل; رمز التفعيل; رقم سري; الرقم السري; رمز سري; كود الأمان; رمز المرور; هذا الرمز; الرمز التالي; رمزك; الرمز الخاص;
    sakerhetskod;
    sikkerhetskode; sikkerhedskode; bezpecnostni kod;
    biztonsagi kod;
    codul tau; cod de securitate; κωδικος ασφαλειας;
    tilgangskode; adgangskoden er; din kod; koden ar; din kode; koden er; koden din; paasykoodi; koodisi; vas kod; vas overovaci; vasu kod; kodja; kodod; az on kodja; codul este; cod de acces; codul de acces; cod de confirmare; codul de confirmare; cod de activare;
    код доступу; код активації; цей код; код для підтвердження; вашият код; κωδικός σας; ο κωδικός; ο κωδικός πρόσβασης; τον κωδικό; הקוד שלך; הקוד הוא; את הקוד; קוד הגישה; کد شما; این کد; رمز شما; کد تحویل شما;
    आपका कोड; यह कोड; कोड दर्ज; mã của bạn; รหัสของคุณ; kode anda; kode kamu; kode berikut; kod anda; el teu codi; jusu kod`,
  /** Words for a code that are used for other things too. */
  weak: `
    code; kode; |kod|; |kodu|; koden; koodi; codigo; codice; |pin|; |tan|; |token|; clave; |senha|; |contrasena temporal|;
    einmal-pin; |haslo|; код; |пароль|; sifreniz; |sifresi|; |sifre|; コード; 认证号; 驗證; 비밀번호; 코드; رمز; كود; |koda|; kodas; |cod|; codul; |kodi|; |kody|;
    κωδικ; קוד; कोड; |ma|; รหัส; کد;
    passwort; kennwort; |kodja|; |kodod|; |kodot|; |kodjat|; |kodas|; |kods|; |kood|; |koodin|; |kodo|; |codi|; |kode|; |kodem|; |kodom|; |jelszo|; |jelszava|; |parola|; |salasana|; |heslo|;
    κωδικό; κωδικός; पासवर्ड; کوڈ; কোড; குறியீடு; კოდი; شفرة; סיסמה; пароля; |sandi|; msimbo; 密码; 密碼; 代码; 代碼; 暗号; 암호`,
  /** Words for digits, which name a code where they are to be typed. */
  figures: `
    number to enter; number to type; number you need; code to enter; number at the end;
    digits; number below; numbers below; number shown; following number; following numbers; this number; these numbers; 4-digit number; 6-digit number; six-digit number; ziffern; zahlenfolge; folgende zahl; folgende nummer; zahlencode; chiffres; numero suivant; nombre suivant; digitos; cifras; siguiente numero; numeros; este numero; seguinte numero; cifre; numeri; seguente numero; cijfers; volgende nummer; cyfry; cyfr; ponizszy numer; ponizsza liczbe; cislice; cisla; siffror; siffrorna; foljande nummer; cifrene; sifrene; tallene; folgende tal; numerot; numerosarja; szamot; szamsor; szamjegy; цифры; цифр; следующее число; цифри; наступне число; ψηφια; αριθμούς; τον αριθμό; ספרות; את המספר; הספרות; الأرقام; أرقام; الرقم التالي; ارقام; عدد; رقمی; अंक; अंकों; नंबर; rakamlar; haneli; rakami; 数字; 數字; ケタの番号; 桁の番号; 必要な番号; 桁の数字; 位数字; 숫자; 자리 숫자; dãy số; chữ số; số sau; ตัวเลข; หมายเลขนี้; angka; digit`,
  /** Verbs of typing right before a code. */
  enter: `
    |enter|; |type|; |use|; |using|; |input|; |with|; key in; geben sie; gib; |mit|; eingeben; |trage|; verwenden; saisissez; saisir; entrez; utilisez; tapez;
    introduce; introduzca; ingrese; ingresa; |usa|; |usar|; utilice; introducelo; digite; introduza; |use o|; insira;
    inserisci; digita; |gebruik|; voer; |vul|; wpisz; przepisz; podaj; uzyj; введите; используйте; girin; |kullanin|;
    入力; 输入; 輸入; 입력; أدخل; استخدم; |brug|; |bruk|; |anvand|; |ange|; zadejte; |masukkan|; |nhap|; введіть;
    tippen sie; recopier; recopiez; kirjoita; irja be; irja; írd be; pište; opiste; napiste; skriv in; tast; tasta; ketik; yazin; הקישו; لكتابة; लिखें; |typ|; nhập dãy; 入力してください; 입력해;
    |pon|; |usare|;
    punch in; |submit|; |paste|; put in; gebt; eintippen; tippe; tippen; gib den; renseignez; composez; indiquez; saisis; teclea; escribe; escriba; informe; insere; digitar; inserire; immetti; voer in; vul in; wprowadz; podac; наберите; укажите; введи; вводите; giriniz; kullanarak; ご入力; 入力して; 填写; 填寫; 入力する; 입력하; ادخل; اكتب; استعمل;
    |zadej|; zadajte; vlozte; pouzijte; pouzite; |skriv|; |mata|; fyll i; slå inn; indtast; anvend; |syota|; |kayta|; nappaile; |ird|; add meg; adja meg; gepelje; hasznald; hasznalja; introdu; introduceti; folositi; foloseste; tastati; уведіть; використайте; використовуйте; εισάγετε; εισαγάγετε; πληκτρολογήστε; χρησιμοποιήστε; הזן; הזינו; הקלד; הקלידו; הכנס; להזין; وارد کنید; وارد نمایید; استفاده کنید; दर्ज करें; डालें; उपयोग करें; nhập; |dung|; กรอก; ป้อน; ใส่; ใช้รหัส; |gunakan|; |ketik|; |guna|; въведете; използвайте; unesite; upisite; koristite; vnesite; uporabite; sisesta; iveskite; ievadiet; introdueix`,
} as const;
