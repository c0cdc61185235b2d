/** Words of links in messages, written as in `name-words.ts`. */
export const LINK_WORDS = {
  /** Words of a link that signs in. */
  signIn: `
    sign in; sign-in; signin; sign me in; log in; log-in; login; log me in; ouvrir ma session; ouvrir la session; mich anmelden; anmelden; einloggen; anzumelden; einzuloggen; melden sie sich; connectez-vous; identifiez-vous; inicia sesion; inicie sesion; para acceder; para ingresar; fazer login; faca login; para aceder; effettua l'accesso; in te loggen; aan te melden; aby sie zalogowac; авторизоваться; войдите; giris yap; لتسجيل; anmelde-link; anmeldelink; se connecter; me connecter; vous connecter; connexion; iniciar sesion; inicio de sesion; |acceder|; |entrar|;
    enlace de acceso; aceder; iniciar sessao; accedi; accedere; accesso; inloggen; aanmelden; zaloguj; logowania; zalogowac; войти; вход; oturum ac; giris; ログイン; サインイン; 登录; 登入; 로그인; تسجيل الدخول; سجل الدخول;
    |logga in|; |log ind|; |logg inn|; kirjaudu; prihlasit; bejelentkez; conecteaza; увійти; σύνδεση; התחבר; כניסה; |masuk|; dang nhap; ورود; this link;
    evet, benim; sisaankirjau;
    let me in; yes, it's me; yes, it was me; yes it's me; it was me; that was me; open my account; go to my account; enter now; access my account; access your account; signing in; logging in; signed in; logged in; tap to enter; confirm login; confirm sign-in; authorize login; confirm it's you; complete login; finish logging in;
    deine anmeldung; ihre anmeldung; die anmeldung; jetzt anmelden; anmeldung bestatigen; anmeldung abschliessen; zum login; bist du drin; sind sie drin; ja, das war ich; ja, ich bin es; das bin ich; einloggt; anmeldet; loggen sie sich ein; log dich ein; logge dich ein; melde dich an; meld dich an;
    connectez; connecte-toi; te connecter; nous connecter; acceder a mon; acceder a votre; c'est bien moi; c'est moi; oui, c'est moi; ouvrir mon; s'identifier; vous identifier; entrer dans;
    entrar; acceder; accede; acceda; ingresar; ingresa; ingrese; inicia; iniciar la sesion; soy yo; si, soy yo; si, fui yo; he sido yo; entra en; entre en;
    acessar; acesse; acede; aceda; entre na; entrar na; entra na; entre no; sou eu; sim, sou eu; fui eu; iniciar a sessao; efetuar login; logar;
    entra; entrare; entrare in; effettuare l'accesso; eseguire l'accesso; esegui l'accesso; sono io; si, sono io; collegati; ero io;
    log direct in; log je in; log nu in; logt in; inlogt; meld je aan; meld u aan; aanmeldt; ingelogd; ja, dat ben ik; dat ben ik; ik ben het; inlogpoging;
    zalogujesz; zalogowania; logowanie; logowaniu; to ja; tak, to ja; wejdz; dostep do konta;
    входа; входите; авторизац; это я; да, это я; это был я; подтвердите вход; подтвердить вход;
    giris yapin; giris yapmak; giris yapabil; girisi onayla; oturumunuzu;
    ログインする; ログインが; ログインでき; サインオン; はい、私です; 私です; 一键登录; 立即登录; 登陆; 登錄; 进入账户; 是我; 进入; 登录您的; 로그인하기; 로그인됩; 접속; 본인입니다; 네, 접니다; 바로 로그인; 로그온;
    للدخول; الدخول; دخول; تسجيل دخول; نعم، أنا; هذا أنا; الدخول إلى; ادخل إلى;
    prihlas; prihlaste; prihlaseni; prihlasenie; prihlasite; vstoupit; vstup do uctu; to jsem ja; som to ja;
    logga in; logga in mig; loggar in; inlogg; loggas in; det var jag; ja, det ar jag; log ind; logge ind; logger ind; logget ind; det var mig; ja, det er mig; logg inn; logge inn; logger inn; logget inn; innlogg; palogg; det var meg; ja, det er meg; logg pa;
    kirjautu; kirjaut; sisaan; se olin mina; mina se olin;
    belepes; belep; belépsz; en voltam; igen, en; lepj be; lepjen be;
    conectare; conectezi; conectati; conecta; autentific; intra in cont; intrati in cont; |loghezi|; |logare|; eu sunt; da, eu; autentifica;
    увійдіть; входу; вхід; авторизу; це я; так, це я; зайти; кабінет; влез; влезте; влезете; вписване;
    συνδεθείτε; συνδεθ; συνδέ; σύνδεσης; είσοδος; είσοδο; εισόδου; εγώ είμαι; ναι, εγώ;
    להתחבר; להתחברות; התחברות; התחברו; להיכנס; היכנס; היכנסו; זה אני; לכניסה; הכנס לחשבון;
    وارد شوید; وارد شدن; ورود به; وارد حساب; من هستم; لاگین; بله، من;
    लॉगिन; लॉग इन; लॉग-इन; साइन इन; साइन-इन; हाँ, यह मैं; यह मैं; प्रवेश;
    đăng nhập; vâng, là tôi; là tôi; vào tài khoản; truy cập tài khoản;
    เข้าสู่ระบบ; ลงชื่อเข้าใช้; ล็อกอิน; เข้าใช้งาน; ใช่ ฉันเอง; ฉันเอง;
    masuk; log masuk; ya, ini saya; ini saya; akses akun;
    prijavi; prijava; prijavite; prijavo; to sem jaz; logi sisse; sisse; prisijung; prisijungti; pieslegties; pieteikties; ielogoties; inicia sessio; iniciar sessio; entra al teu; accedeix; لاگ ان; লগইন; உள்நுழை; შესვლა; ingia`,
  /** Words of a link that says yes. */
  confirm: `
    click here; |here|; this link; the link; |hier|; |ici|; |aqui|; |qui|; |tutaj|; здесь; |buraya|; こちら; 点击这里; 여기; هنا; verify; confirm; approve; continue; bestatigen; verifizieren; verifier; confirmer; verificar; confirmar; verifica; conferma; bevestig; potwierdz; подтверд; onayla; dogrula; 認証; 確認; 验证; 确认; 인증; 확인; تأكيد; تحقق;
    continua; continuer; weiter; fortfahren; tovabb; pokracovat; pokracujte; продолжить; dalej; kontynuuj; continuar; fortsatt; fortsæt; fortsett; jatka; continuati; продовжити; συνέχεια; συνεχίστε; המשך; متابعة; ادامه; जारी; devam; 続ける; 続行; 次へ; 继续; 繼續; 계속; tiếp tục; ดำเนินการต่อ; lanjut; verder; doorgaan; ga door; teruskan;
    |yes|; |ja|; |oui|; |si|; |sim|; |tak|; |да|; |evet|; |tap|; |apri|; |open|;
    tap here; click below; press here; jetzt bestatigen; bestatige; hier klicken; klicken; klicke; ouvrir; abrir; premi; tocca; klik; open de; kliknij; otworz; нажмите; перейдите; tikla; dokun; 開く; クリック; タップ; 点击; 點擊; 打开; 클릭; 누르; اضغط; انقر;
    potvrdit; potvrd; kliknete; klikn; bekrafta; klicka; tryck; bekræft; bekreft; klikk; trykk; tryk; vahvista; paina; napauta; klikkaa; megerosit; kattints; koppints; confirma; apasa; apasati; підтверд; натисніть; перейдіть; потвърд; επιβεβαί; πατήστε; κάντε κλικ; אישור; אשר; לחצו; לחץ; הקישו; تایید; کلیک; بزنید; पुष्टि; क्लिक; टैप; xác nhận; nhấn; nhan vao; bấm; ยืนยัน; คลิก; แตะ; กด; konfirmasi; ketuk; tekan; sahkan`,
  /** Names of a link that stands for a password. */
  magic: `
    magic link; magic-link; passwordless; no password; without a password; sign-in link; sign in link; login link; log-in link; login-link; anmeldelink; anmelde-link; ohne passwort; lien magique; lien de connexion; sans mot de passe; enlace magico; enlace de acceso;
    enlace de inicio; sin contrasena; link magico; link de acesso; sem senha; link di accesso; senza password; magische link; inloglink; zonder wachtwoord; magiczny link; link do logowania; bez hasla; ссылка для входа; волшебная ссылка; без пароля; sihirli; giris baglanti; sifresiz;
    マジックリンク; ログインリンク; 登录链接; 登入連結; 魔法链接; 免密; 매직 링크; 로그인 링크; 비밀번호 없이; رابط تسجيل الدخول; الرابط السحري; بدون كلمة مرور;
    sign in with one click; one-click; one-tap; link to sign in; link to log in; login url; secure link; sign-in button; link you requested; link you asked for; einmal-link; einmallink; zugangslink; link zum einloggen; link zum anmelden; mit einem klick; lien d'acces; lien pour vous connecter; lien unique; lien securise; enlace para entrar; enlace para acceder; enlace para iniciar; enlace seguro; enlace unico; link para entrar; link para acessar; link de login; link de entrada; ligacao para entrar; link seguro; link unico; link per accedere; link per entrare; link di login; link sicuro; link om in te loggen; inlog-link; aanmeldlink; eenmalige link; link logowania; odnosnik do logowania; link do zalogowania; jednorazowy link; ссылку для входа; ссылка на вход; ссылку на вход; ссылке для входа; одноразовая ссылка; одноразовую ссылку; giris linki; sihirli link; tek kullanimlik baglanti; ログイン用リンク; ログイン用url; ログインurl; パスワード不要; パスワードなし; 登录连接; 一键登录; 免密码; 免密登录; 登錄鏈接; 一次性链接; 로그인 주소; 일회용 링크; 원클릭; رابط الدخول; رابط تسجيل; رابط لمرة; رابط دخول; رابط لتسجيل;
    prihlasovaci odkaz; prihlasovaciho odkazu; odkaz pro prihlaseni; odkaz k prihlaseni; odkaz na prihlaseni; odkaz na prihlasenie; bez hesla; jednorazovy odkaz; inloggningslank; lank for att logga in; utan losenord; engangslank; magisk lank; loginlink; link til at logge ind; uden adgangskode; magisk link; engangslink; innloggingslenke; paloggingslenke; lenke for a logge inn; uten passord; engangslenke; magisk lenke; kirjautumislinkki; linkki kirjautu; ilman salasanaa; kertakayttoinen linkki; bejelentkezesi link; belepesi link; jelszo nelkul; egyszer hasznalatos link; varazslink; link de conectare; link de autentificare; linkul de conectare; linkul de autentificare; fara parola; link unic; посилання для входу; одноразове посилання; чарівне посилання; линк за вход; без парола; σύνδεσμος σύνδεσης; σύνδεσμο σύνδεσης; χωρίς κωδικό; μαγικός σύνδεσμος; קישור התחברות; קישור כניסה; קישור לכניסה; קישור להתחברות; ללא סיסמה; בלי סיסמה; קישור חד פעמי; قسم; لینک ورود; بدون رمز; بدون گذرواژه; लॉगिन लिंक; साइन-इन लिंक; बिना पासवर्ड; मैजिक लिंक; liên kết đăng nhập; lien ket dang nhap; link đăng nhập; link dang nhap; không cần mật khẩu; ลิงก์เข้าสู่ระบบ; ลิงก์สำหรับเข้าสู่ระบบ; โดยไม่ต้องใช้รหัสผ่าน; ไม่ต้องใช้รหัสผ่าน; tautan masuk; link masuk; link login; tautan login; tanpa kata sandi; tanpa password; pautan log masuk; pautan masuk; tanpa kata laluan; link za prijavu; poveznica za prijavu; bez lozinke; povezava za prijavo; brez gesla; prisijungimo nuorod; be slaptazodzio; sisselogimislin; enllac d'acces; sense contrasenya`,
  /** Said of a link that was asked for, works once or ends soon. */
  once: `
    link expires; button below; button works; button expires; link will expire; link is valid; link works; only once; works once; used once; used only once; one-time link; single-use; expires in; within 15 minutes; valid for; you asked for; you requested; sign you in; log you in; didn't request; did not request; to sign in; to log in; trying to sign in; finish signing in;
    gilt; ohne passwort; nur einmal; dich einzuloggen; lien de connexion; lien expire; cliquez ici pour vous connecter; enlace caduca; para iniciar sesion; tu inicio de sesion; link expira; para entrar na sua conta; link di accesso; senza password; om in te loggen; aby sie zalogowac; wazny; ссылка действует; ссылка одноразовая; без пароля; чтобы войти;
    baglanti; リンク; 链接; 按钮登录; 連結; 링크; الرابط;
    by opening; by tapping; by clicking; by following; good for one; in the coming;
    waren sie das?; warst du das?;
    single use; within 5 minutes; within 10 minutes; within 20; within 30; within an hour; within the hour; within 24 hours; was this you; is this you; expires at; lauft der link; lauft dieser link; der link; dieser button; innerhalb; bist du das; c'etait vous; est-ce vous; dans les; le lien; eras tu; fue usted; has sido tu; foi voce; dentro de; la ligacao; o link; a ligacao; eri tu; sei stato tu; entro; il link; was jij dit; was u dit; ben jij dit; binnen; de link; czy to ty; w ciagu; link wazny; это были вы; это вы; в течение; sen miydin; siz misiniz; icinde; 以内; 분 내; 내에; 本人操作; خلال; هل كان; byl jste to vy; jste to vy; behem; odkaz plati; var det du; inom; inden; innen; olitko; linkki; belul; on volt az; ati fost dvs; in termen; linkul; це були ви; протягом; посилання; εντός; σύνδεσμος; תוך; הקישור; ظرف; भीतर; trong vòng; ภายใน; dalam; link ini;
    stops working; will no longer work; stop working; this link; cesse de fonctionner; ce lien; ne fonctionne qu; dejara de funcionar; deja de funcionar; este enlace; funciona una; deixa de funcionar; deixara de funcionar; este link; so funciona; smette di funzionare; funziona una; funziona solo; questo collegamento; funktioniert nur; funktioniert einmal; dieser link; diesem link; diesen link; werkt maar; werkt een; werkt niet meer; deze link; przestanie dzialac; przestaje dzialac; ten link; ten odnosnik; dziala tylko; prestane fungovat; funguje jen; tento odkaz; fungovat; slutar fungera; fungerar bara; fungerar en; denna lank; den har lanken; holder op; virker kun; dette link; slutter; fungerer bare; denne lenken; lakkaa; toimii vain; tama linkki; tata linkkia; nem mukod; csak egyszer; ez a link; egyszer hasznalhato; nu va mai; functioneaza o; functioneaza doar; acest link; перестанет работать; работает один; эта ссылка; по этой ссылке; перестане працювати; працює; це посилання; за цим посиланням; παύει; λειτουργεί μόνο; αυτόν τον σύνδεσμο; μόνο μία; יפסיק; הקישור הזה; קישור זה; עובד פעם; يتوقف; هذا الرابط; کار میکند; این پیوند; لینک; काम करेगा; यह लिंक; calismaz; bu baglanti; 使えなくな; 使用でき; このリンク; このurl; 此链接; 本链接; 此連結; 작동; 이 링크; ngừng; liên kết này; ลิงก์นี้; tautan ini; pautan ini;
    |vale|; |platí|; 分钟内有效; el enlace;
    expires soon; link is good; it expires; it will expire; will stop working; link can be used; can be used once; use it once; one use; one time; only work; works for; works only; valid until; good for; for security; request a new; didn't ask; did not ask; wasn't you; ignore this; you can ignore; was requested; login attempt; sign-in attempt; login request; sign-in request; new device; from a new; new browser;
    gultig; einmal verwend; einmalig; ablauf; lauft ab; lauft in; verfallt; nicht angefordert; ignorieren; angefordert; anmeldeversuch; neues gerat; neuen gerat;
    valable; expire; expirera; usage unique; une seule fois; a usage unique; ignorez; vous n'avez pas demande; demande de connexion; tentative de connexion; vous avez demande;
    caduca; expira; valido; un solo uso; una sola vez; una vez; solo funciona; vence; ignora; no has solicitado; no solicitaste; solicitaste; has pedido; vigente;
    uma vez; uma unica vez; uso unico; nao solicitou; nao pediu; ignore; pediu; solicitou; validade; vale por;
    scade; una volta; una sola volta; monouso; non hai richiesto; hai richiesto; scadra; questo link;
    geldig; verloopt; eenmalig; eenmaal; een keer; 1x; 1 keer; niet aangevraagd; negeer; aangevraagd; vervalt;
    wygasa; wygasnie; jednorazow; jeden raz; tylko raz; zignoruj; jesli to nie; poprosi; aktywny; straci waznosc; waznosc;
    действует; действительна; одноразов; один раз; истекает; истечет; не запрашивали; проигнорируйте; запросили; попытк; ссылк;
    gecerli; gecerlidir; suresi; tek kullanim; bir kez; bir kere; siz degilseniz; dikkate almayin; talep ettiniz; istemediyseniz;
    有効; 期限; 一度; 1回; お心当たり; リクエスト; 有効期限; ご利用いただけ; 有效; 一次; 过期; 失效; 非本人; 忽略; 만료; 유효; 한 번; 1회; 무시; 요청;
    صالح; صالحة; ينتهي; تنتهي; مرة واحدة; تجاهل; لم تطلب; طلبت; صلاحية;
    platí; platny; platnost; vyprsi; jednou; jedenkrat; nezadali; ignorujte; pozadali; pozadal; vyprsia; jednorazov; len raz; iba raz;
    giltig; galler; gar ut; en gang; inte begart; bortse; ignorera; begarde; lanken; gyldig; udløber; utløper; gjelder; gælder; ikke bedt; ikke bad; ignorer; se bort; linket; lenken; kun bruges; engang;
    voimassa; vanhenee; vanhentuu; umpeutuu; kerran; yhden kerran; et pyytanyt; jata huomiotta; pyysit;
    ervenyes; lejar; egyszer; nem te; hagyd figyelmen; hagyja figyelmen; kerted; kerte;
    valabil; o singura data; nu ai cerut; nu ati cerut; ai cerut; ati cerut; ai solicitat; ati solicitat;
    дійсн; діє; не запитували; проігноруйте; просили; спливає; закінч; якщо це не ви; валиден; изтича; веднъж;
    ισχύει; λήγει; μία φορά; δεν ζητήσατε; αγνοήστε; ζητήσατε; ισχύ;
    בתוקף; תקף; פעם אחת; יפוג; לא ביקשת; התעלם; ביקשת; חד פעמי; חד-פעמי; תוקף;
    اعتبار; معتبر; یکبار; منقضی; درخواست; نادیده; این لینک;
    मान्य; समाप्त; एक बार; अनुरोध; अनदेखा; वैध; इस लिंक;
    hiệu lực; hết hạn; một lần; không yêu cầu; bỏ qua; yêu cầu;
    หมดอายุ; ใช้ได้; ครั้งเดียว; ไม่ได้ขอ; ละเว้น; คำขอ; เพิกเฉย;
    berlaku; kedaluwarsa; kadaluarsa; sekali; tidak meminta; abaikan; meminta; tamat;
    vrijedi; vazi; istice; jednom; samo enkrat; velja; poteče; galioja; kehtib; deriga; una sola vegada`,
  /** Links that do something else. */
  elsewhere: `
    confirm order; your order; |order|; appointment; attendance; payment; reservation; |rsvp|; invitation; |join|; accept; export; unsubscribe; opt out; opt-out; preferences; privacy; terms; help; support; faq; contact; view in browser; view online; read more; learn more; follow us; reset; forgot; new password; change password; change your password; choose a; report; wasn't me; not me; did not request; didn't request; this wasn't; secure your; secure my; deny; cancel; block; lock; review; activity; manage; upgrade; |pay|; invoice; |shop|; your cart; |offer|; |offers|; |trial|; notifications; subscribe; newsletter; survey; feedback; download; invite; invited; settings;
    abmelden; abbestellen; datenschutz; impressum; hilfe; zurucksetzen; desinscri; desabonn; confidentialite; aide; reinitialiser; darse de baja; privacidad; ayuda; restablecer; cancelar inscric; ajuda; redefinir; annulla iscrizione; disiscriv; aiuto; reimposta; afmelden; uitschrijven; hulp; wypisz; rezygn; pomoc; resetuj; отписа; помощь; сброс; конфиденциальн; abonelikten; yardim; sifirla;
    配信停止; 解除; プライバシー; ヘルプ; 再設定; 退订; 退訂; 帮助; 隐私; 重置; 수신거부; 도움말; 재설정; إلغاء الاشتراك; مساعدة; إعادة تعيين; الخصوصية;
    waren sie das nicht; warst du das nicht; konto sichern; konto schutzen; securiser; securisez; proteger; protege tu; proteja; proteggi; beveilig; zabezpiecz; защит; guvence; 保護; 保护; 보호; تأمين; zabezpec; skydda; sikre konto; sikre din; suojaa; vedd; protejeaz; захист; προστατ; לאבטח; ایمن; bảo vệ; amankan;
    |rate|; |cita|; tu pedido; su pedido; ver pedido; seu pedido; meu pedido; запись на прием; запис на прийом; kargo takip; volg je; volg uw; spor pakke; quen mat; đoi mat; jegyed;
    set a new; set your password; set up your password; create a password; track; tracking; view order; see order; view invoice; statement; receipt; bill; rating; complete your profile; update your; verify your email; confirm your email; confirm your address; activate your account; activate; join the; webinar; meeting; calendar; voucher; coupon; tickets; booking; checkout; delivery; parcel; no, secure; no, it; guide; docs; imprint;
    passwort zuruck; passwort vergessen; neues passwort; passwort; kennwort; sendungsverfolg; sendung verfolgen; verfolgen; rechnung; bestellung; termin; agb; nutzungsbedingungen; kontakt; einstellungen; widerruf; e-mail-adresse bestatigen; adresse bestatigen; registrierung; einladung; konto sperren; sperren; melden sie; nicht ich; kundigen; gutschein; umfrage; bewert; buchung;
    mot de passe; nouveau mot; suivre; suivi; facture; commande; rendez-vous; conditions; mentions legales; nous joindre; parametres; desinscrire; desabonner; s'inscrire; inscription; bloquer; signaler; pas moi; enquete; avis; billet; adresse e-mail; colis;
    contrasena; nueva contrasena; olvid; seguimiento; rastrea; factura; condiciones; aviso legal; contacto; ajustes; preferencias; cancelar suscripcion; suscri; invitacion; bloquear; no fui yo; no soy yo; encuesta; opinion; entradas; reserva; correo electronico; asegura tu;
    palavra-passe; redefin; nova senha; esqueceu; rastre; fatura; encomenda; consulta; termos; condicoes; contato; descadastr; cancelar inscricao; cancelar subscricao; convite; nao fui eu; nao sou eu; pesquisa; avalie; ingresso; confirme seu e-mail;
    nuova password; dimenticat; traccia; fattura; ordine; appuntamento; termini; condizioni; contatti; preferenze; disiscri; invito; blocca; non sono io; non sono stato; sondaggio; recensi; biglietti; prenotazione; indirizzo e-mail; conferma la tua email;
    wachtwoord; nieuw wachtwoord; vergeten; factuur; bestelling; afspraak; voorwaarden; voorkeuren; uitschrijf; uitnodiging; blokkeer; niet ik; beoordeel; kaartjes; reservering; e-mailadres bevestig;
    haslo; hasla; nowe haslo; sledz; faktur; zamowieni; wizyt; regulamin; warunki; preferencj; zrezygnuj; wypis; zaproszeni; zablokuj; to nie ja; ankiet; ocen; bilet; rezerwacj; polityka; przesylk; adres e-mail;
    пароль; сменить; сбросить; забыли; отследить; отследит; счет; заказ; условия; контакт; настройк; отпис; приглашен; заблокир; это не я; опрос; оцен; билет; бронь; правила; политик;
    sifre; sifremi; siparis; randevu; kosullar; iletisim; tercih; ayril; abonelik; davet; engelle; ben degilim; anket; degerlendir; rezervasyon; gizlilik; e-posta adresinizi;
    パスワードを; パスワードの; 変更; 追跡; 請求; 注文; 予約; 規約; お問い合わせ; 設定; 解約; 招待; ブロック; 私ではない; アンケート; 評価; チケット; 退会; 领取; 修改密码; 忘记密码; 新密码; 查询物流; 追踪; 追蹤; 账单; 帳單; 订单; 訂單; 预约; 条款; 條款; 联系; 聯絡; 设置; 邀请; 冻结; 不是我; 调查; 评价; 重設; 비밀번호 변경; 비밀번호를; 배송조회; 배송 조회; 청구; 주문; 예약; 약관; 설정; 해지; 초대; 차단; 제가 아닙니다; 설문; 평가; 자주 묻는; 개인정보;
    كلمة المرور; كلمة مرور; تتبع; فاتورة; موعد; الشروط; اتصل; الإعدادات; إلغاء; دعوة; حظر; لست أنا; لم أكن; استبيان; تقييم; تذاكر; حجز; تعيين;
    obnov; zapomen; nove heslo; hesla; heslo; sledova; objednav; podminky; podmienky; nastaven; odhlas; odber; pozvank; zablokov; nejsem to ja; nebyl jsem; dotaznik; hodnoc; vstupenk; rezervac; napoved; ochrana; soukrom; sukrom;
    losenord; aterstall; glomt; faktura; bestallning; villkor; installningar; avregistrera; avsluta; prenumer; inbjud; sparra; inte jag; enkat; betyg; biljett; bokning; hjalp; integritet; adgangskode; nulstil; glemt; følg; ordre; vilkår; indstillinger; afmeld; abonnement; spærre; ikke mig; hjælp; privatliv; passord; tilbakestill; betingelser; innstillinger; avmeld; invitasjon; sperre; ikke meg; hjelp; personvern; bestilling;
    salasana; unohd; palauta; nollaa; seuraa; seuranta; lasku; tilau; ehdot; yhteys; asetukset; peruuta; lopeta; en ollut; kysely; arvio; liput; varau; ohje; tietosuoja; apua;
    jelszo; jelszavad; visszaallit; elfelejt; nyomon; rendeles; idopont; feltetel; kapcsolat; beallitas; leiratkoz; meghivo; letilt; nem en; kerdoiv; ertekel; sugo; segitseg; adatved;
    parola; resetat; resetea; uitat; urmar; comanda; programare; termeni; setari; dezabon; invitati; bloca; nu am fost; nu eu; sondaj; evalu; rezervare; ajutor; confidential; politica;
    пароля; скинути; змінити; забули; відстеж; рахунок; замовлен; умови; налаштуван; відпис; відпиш; запрошен; заблок; це не я; опитуван; оцін; квит; бронюв; допомог; конфіденц; парола; забравен; отпиш; абонамент; помощ; поръчк;
    κωδικό πρόσβασης; επαναφορ; ξεχάσ; παρακολού; τιμολόγ; παραγγελ; ραντεβού; όροι; επικοινων; ρυθμίσεις; απεγγραφή; διαγραφή; πρόσκληση; αποκλεισ; δεν ήμουν; έρευνα; αξιολόγ; εισιτήρ; κράτηση; βοήθεια; απόρρητο; αλλάξ;
    סיסמה; איפוס; לאיפוס; שכחת; מעקב; חשבונית; הזמנה; תנאי; צור קשר; הגדרות; הסרה; להסרה; ביטול; חסימה; לא אני; סקר; דירוג; עזרה; פרטיות;
    رمز عبور; گذرواژه; بازیابی; بازنشانی; فراموش; پیگیری; فاکتور; سفارش; شرایط; تماس; تنظیمات; لغو; دعوت; مسدود; من نبودم; نظرسنجی; راهنما; حریم; تغییر;
    पासवर्ड; रीसेट; भूल; ट्रैक; ऑर्डर; अपॉइंटमेंट; शर्तें; संपर्क; सेटिंग; सदस्यता; आमंत्रण; ब्लॉक; मैं नहीं; सहायता; मदद; गोपनीयता; बदलें;
    mật khẩu; đặt lại; dat lai; theo dõi; hóa đơn; đơn hàng; điều khoản; liên hệ; cài đặt; hủy đăng ký; huy dang ky; lời mời; không phải tôi; trợ giúp;
    รหัสผ่าน; รีเซ็ต; ลืม; ติดตาม; ใบแจ้งหนี้; คำสั่งซื้อ; เงื่อนไข; ติดต่อ; การตั้งค่า; ยกเลิก; คำเชิญ; บล็อก; ไม่ใช่ฉัน; ช่วยเหลือ; ความเป็นส่วนตัว; เปลี่ยน;
    kata sandi; atur ulang; setel ulang; lupa; lacak; tagihan; pesanan; ketentuan; hubungi; pengaturan; berhenti; undangan; blokir; bukan saya; bantuan; privasi; ubah; kata laluan; tetapkan semula; nyahlanggan; jejak;
    lozink; zaboravl; prati; racun; narudzb; uvjeti; uslovi; postavk; odjav; pozivnic; geslo; pozablj; slaptazod; prenumerat; parool; unust; tingimus; tellim; paroli; aizmirs; contrasenya`,
} as const;
