/**
 * Words beside numbers in messages, as data: lower case, without Latin accents, separated by semicolons. A phrase
 * matches anywhere; one between bars (|pin|) only as a whole word. Where phrases overlap, the longest or the one that goes
 * on furthest counts, so "promo code" and "code of conduct" are no "code". Languages: en de fr es pt it nl pl ru tr ja zh ko ar and some words
 * of sv da nb fi cs hu ro uk el he hi id vi th fa.
 */
export const CODE_WORDS = {
  /** Names of a one-time code that are hardly used for anything else. */
  strong: `
    signature code; signing code; signaturcode; code de signature; codigo de firma; codigo de assinatura; codice di firma; kod podpisu; код подписи; imza kodu; رمز التوقيع; رقم التحقق; رقم التأكيد; verification code; verify code; security code; confirmation code; login code; log-in code; log in code; signin code;
    sign-in code; sign in code; access code; authentication code; authorization code; authorisation code;
    one-time code; one time code; one-time password; one time password; one-time passcode; onetime; passcode; verification number; security number; pass code; auth code; mfa code; otp code; pin code; secret code; activation code; registration code; login token; security key code; |otp|;
    temporary code; single-use code; two-factor code; 2fa code; guard code; device code; your code; the code below;
    following code; this code; new code; use code; enter code; login pin; |mtan|; securepass;
    bestatigungscode; sicherheitscode; einmalcode; einmalkennwort; einmalpasswort; zugangscode; prufcode; anmeldecode;
    verifizierungscode; freigabecode; aktivierungscode; registrierungscode; anmelde-code; login-code; sms-code; sms code; dein code; ihr code; ihren code; deinen code; folgenden code; diesen code; pin-code; authentifizierungscode; einmaligen code; |smstan|;
    code de verification; code de connexion; code de securite; code d'acces; code de confirmation; code confidentiel;
    code a usage unique; code d'authentification; mot de passe a usage unique; code temporaire; code de validation;
    code unique; votre code; code suivant; a usage unique; code d'activation; ce code; le code; code sms; code otp; code pin; code d'identification;
    codigo de verificacion; codigo de seguridad; codigo de acceso; codigo de confirmacion; clave de un solo uso;
    codigo de un solo uso; codigo de autenticacion; clave dinamica; tu codigo; su codigo; siguiente codigo; de un solo uso; codigo temporal; codigo de activacion; este codigo; el codigo; codigo sms; codigo otp; tu clave; su clave; codigo pin; codigo de inicio; contrasena temporal; contrasena de un solo uso;
    codigo de verificacao; codigo de seguranca; codigo de acesso; codigo de confirmacao; codigo de autenticacao;
    codigo de uso unico; senha de uso unico; seu codigo; o codigo; teu codigo; de uso unico; codigo temporario; codigo de ativacao; este codigo; codigo sms; codigo otp; seu token; codigo de validacao; codigo de login;
    codice di verifica; codice di accesso; codice di sicurezza; codice di conferma; codice temporaneo; codice otp;
    codice monouso; codice usa e getta; tuo codice; questo codice; suo codice; il codice; seguente codice; codice di autenticazione; codice di attivazione; codice pin; codice sms; password monouso; monouso; codice di autorizzazione; codice segreto; codice unico;
    verificatiecode; inlogcode; bevestigingscode; beveiligingscode; toegangscode; eenmalige code;
    eenmalig wachtwoord; eenmalige inlogcode; controlecode; deze code; sms-code; je code; uw code; volgende code; de code; activatiecode; authenticatiecode; pincode; activeringscode;
    kod weryfikacyjny; kod bezpieczenstwa; kod jednorazowy; jednorazowy kod; haslo jednorazowe; kod sms; kod dostepu;
    kod potwierdzajacy; kod autoryzacyjny; twoj kod; ponizszy kod; kod logowania; kodu jednorazowego; hasla jednorazowego; jednorazowego kodu; jednorazowe haslo; kod aktywacyjny; kod uwierzytelniajacy; ten kod; kod pin; kod otp; nastepujacy kod; kod do logowania; smskod; sms-kod; kod weryfikacji;
    код подтверждения; код для входа; проверочный код; код безопасности; одноразовый код; одноразовый пароль; код входа;
    код доступа; код авторизации; пароль для входа; ваш код; смс-код; sms-код; код проверки; одноразового кода; одноразовым кодом; одноразового пароля; код активации; код аутентификации; этот код; следующий код; код из смс; пин-код; временный код; секретный код; временный пароль; код верификации;
    dogrulama kod; guvenlik kod; onay kod; giris kod; tek kullanimlik; erisim kod; su kodu; sms kod; aktivasyon kod; sms sifre; onay sifre; giris sifre; kodunuz; kodun; dogrulama sifre; guvenlik sifre; bu kodu; asagidaki kod; oturum acma kod;
    次の番号; 以下の番号; 番号を入力; 認証コード; 認証番号; 確認コード; 確認番号; ワンタイムコード; ワンタイムパスワード; 暗証コード; 検証コード; セキュリティコード; 認証キー; ログインコード; ワンタイム; 承認番号; 承認コード; 本人確認コード; 確認用コード; 確認キー; 暗証番号; 本人確認番号;
    验证码; 校验码; 动态密码; 动态码; 动态验证码; 安全码; 一次性密码; 登录码; 驗證碼; 一次性密碼; 動態密碼; 認證碼; 安全碼; 确认码; 確認碼; 短信密码; 动态口令; 驗證代碼; 验证代码; 登入碼; 登录密码; 随机码; 激活码; 授权码; 認證密碼; 動態碼; 交易码; 交易碼; 验证口令;
    인증번호; 인증 번호; 인증코드; 인증 코드; 확인코드; 확인 코드; 일회용 비밀번호; 보안코드; 보안 코드; 로그인 코드; 일회용; 본인확인번호; 보안번호; 인증키; 임시 비밀번호; 인증 키; 로그인 인증; 접속 코드; 인증암호;
    رمز التحقق; رمز التأكيد; رمز الدخول; رمز الأمان; رمز المصادقة; كود التحقق; كود التفعيل; رمز التفعيل; كلمة مرور لمرة واحدة; رمز لمرة واحدة; لمرة واحدة; رقم سري; الرقم السري; رمز سري; كود الدخول; كود الأمان; رمز تسجيل; رمز المرور; هذا الرمز; الرمز التالي; كود التأكيد; رمز تحقق; رمزك; الرمز الخاص; كلمة السر المؤقتة;
    engangskod; engangskode; verifieringskod; inloggningskod; sakerhetskod; bekreftelseskode; bekraeftelseskode;
    sikkerhetskode; sikkerhedskode; vahvistuskoodi; kertakayttokoodi; kertakayttoinen koodi; overovaci kod; bezpecnostni kod;
    jednorazovy kod; potvrzovaci kod; sms kod; egyszer hasznalatos; egyszeri; biztonsagi kod; azonosito kod; hitelesito kod; ellenorzo kod; megerosito kod; belepesi kod; cod de verificare;
    codul tau; cod de securitate; код підтвердження; код перевірки; одноразовий код; κωδικος επαληθευσης; κωδικος ασφαλειας;
    κωδικό επαλήθευσης; κωδικός επαλήθευσης; κωδικός ασφαλείας; κωδικός μίας χρήσης; קוד האימות; קוד אימות; קוד הכניסה; קוד כניסה;
    सत्यापन कोड; ओटीपी; kode verifikasi; kode otp; kode keamanan; ma xac thuc; ma xac minh; ma otp; รหัสยืนยัน; รหัส otp; کد ورود; کد تایید;
    کد تأیید; رمز یکبار مصرف`,
  /** Words for a code that are used for other things too. */
  weak: `
    code; kode; |kod|; |kodu|; kodunuz; kodun; koden; koodi; codigo; codice; |pin|; |tan|; |token|; clave; |senha|; |contrasena temporal|;
    einmal-pin; |haslo|; код; |пароль|; sifreniz; |sifresi|; |sifre|; コード; 认证号; 驗證; 비밀번호; 코드; رمز; كود; |koda|; kodas; |cod|; codul; |kodi|; |kody|;
    κωδικ; קוד; कोड; |ma|; รหัส; کد`,
  /** Verbs of typing right before a code. */
  enter: `
    |enter|; |type|; |use|; |using|; |input|; |with|; key in; geben sie; gib; |mit|; eingeben; |trage|; verwenden; saisissez; saisir; entrez; utilisez; tapez;
    introduce; introduzca; ingrese; ingresa; |usa|; |usar|; utilice; introducelo; digite; introduza; |use o|; insira;
    inserisci; digita; |gebruik|; voer; |vul|; wpisz; przepisz; podaj; uzyj; введите; используйте; girin; |kullanin|;
    入力; 输入; 輸入; 입력; أدخل; استخدم; |brug|; |bruk|; |anvand|; |ange|; zadejte; |masukkan|; |nhap|; введіть`,
  /** What a message with a code is about. */
  context: `
    |verify|; phone check; security check; identity check; verifi; weryfik; let you in; lets you in; gets you in; to release; to complete; to finish; to unlock; portal; sign in; sign-in; signing in; signin; log in; log-in; login; logging in; logon; to verify; verify your; verify it; verification; authenticat;
    two-factor; two-step; 2-step; |2fa|; confirm it's you; confirm your identity; confirm your; to confirm; identity; one-time;
    don't share; do not share; never share; do not give; expires in; expires at; it expires; will expire; valid for; good for; is valid;
    didn't request; did not request; did not ask; to authorise; to authorize; to approve; new device; your device; device code; to continue;
    anmeld; einlogg; anzumelden; einzulogg; angemeldet; freigeb; freigabe;  bestatig; identitat; niemals weiter; nicht weiter; gultig; verfallt; zwei-faktor; nicht angefordert;
    acces; connexion; connecter; identifier; identite; confirmer; valider; expire; valable; ne le communiquez; ne partagez;
    iniciar sesion; inicio de sesion; acceder; ingresar; autenticar; identificarte; para entrar;  verificar; confirmar; caduca; no la comparta; no lo compartas; no compartas;
    |acesso|; concluir; |entrar|; iniciar a sessao; iniciar sessao; fazer login; validar;  inicio de sessao; aceder; expira; nao informe; nao compartilhe; autorizar;
    accedere; accesso; l'accesso; confermare; verificare; scade; non condivider; autorizzare;
    inloggen; aanmelden; aan te melden; in te loggen; bevestig; identiteit; verloopt; geldig; deel deze; deel nooit;
    logowani; zalogowa; zaloguj; autoryzac;  potwierdz; tozsamo; wygasnie; wazny; nie podawaj; nie udostepniaj;
    доступ; восстановлен; вход; войти; входа; авторизац;  подтверд; личност; никому; не сообщайте; действует; действителен; срок действия; авториз;
    giris; dogrula; kimlig; onayla; kimseyle; gecerli; onaylayabilir; giris yap;  paylasma; oturum;
    ログイン; サインイン; 認証; 本人確認; 有効期限; 有効です; 教えないで; 登录; 登陆; 登入; 身份验证; 有效; 泄露; 非本人; 验证; 驗證; 로그인; 인증; 본인; 유효; 알려주지; 타인;
    تسجيل الدخول; التحقق; تأكيد; هويتك; صالح; صلاحية; لا تشارك; |logga in|; |logge ind|; |logge inn|; |udloper|; prihlaseni; |platnost|; belepes;
    conectare; входу; никому; нікому; σύνδεση; λήγει; כניסה; अंदर; लॉगिन; jangan; berlaku; chia se; ใช้ได้; ورود`,
  /** Names of numbers that are no code, before the number. */
  other: `
    order number; order no; order id; order ref; order total; invoice number; invoice no; case number; case id; ticket number; |ticket|; |case|; reference;
    |ref|; |ref no|; |req|; request id; event id; transaction id; |id|; device id; user id; member id; meeting; webinar; conference id; dial-in;
    account number; account no; account id; account ending; card ending; card number; ending in; ending; ends in; sort code; swift code; bic code;
    pick-up code; pickup code; collection code; pick up code; delivery code; door code; gate code; entry code; locker code; abholcode; abhol-code; code de retrait; codigo de recogida; codigo de retirada; codigo de entrega; codice di ritiro; codice ritiro; afhaalcode; kod odbioru; код получения; код выдачи; teslimat kodu; teslim kodu; 受取番号; 受取コード; 픽업 번호; 수령 코드; رمز الاستلام; hamtkod; subscription code; membership code; loyalty code; promo code; promo codes; discount code; coupon code; coupon; voucher code; voucher; gift code; gift card code; referral code; invite code; offer code;
    code promo; zip code; post code; postal code; postcode; area code; country code; dialing code; code review; code of; codebase; code base; morse code; building code; tax code; code change; error code; exit code; status code; booking code;
    booking reference; confirmation number; tracking code; tracking number; tracking; qr code; barcode; bar code; source code; product code; code of; dress code;
    backup code; recovery code; backup codes; recovery codes; serial number; serial no; serial; policy number; licence; license; version; build; commit; flight; gate; room; |bay|;
    |call|; |phone|; |tel|; |fax|; |mob|; mobile; helpline; reply stop to; reply to; text stop to; text help to; report fraud to; |dial|; msg from; sms from; auth no;
    |sum|; |total|; |balance|; |amount|; |points|; |level|; |number|; vat; company no; registered in; po box; p.o. box; |suite|; app version; survey; draw;
    referenz; bestellnummer; bestell-nr; auftragsnummer; |auftrag|; rechnungsnummer; rechnung nr; kundennummer; kundennr; vorgangsnummer; aktenzeichen; gutscheincode; rabattcode; aktionscode;
    fehlercode; postleitzahl; |plz|; postfach; telefon; rufen sie; vertragsnummer; referenznummer; |hrb|; sendungsnummer; endet auf; |kto|; kontonummer; buchungscode; vorteilscode;
    numero de commande; commande n; |commande|; facture n; numero de facture; |facture|; reference client; numero client; n° de dossier; dossier; code postal; code de reduction;
    numero de suivi; service client; |siret|; se terminant par; code barre; code avantage;
    numero de pedido; |pedido|; |factura|; numero de factura; |caso|; referencia; codigo postal; codigo de descuento; codigo promocional; codigo de barras; terminada en; telefono;
    numero de seguimiento; codigo de reserva; numero do pedido; |encomenda|; |protocolo|; |contribuinte|; |cep|; |cnpj|; |cpf|; codigo de rastreio; codigo de desconto; cupom; codigo de rastreamento; |fatura|;
    numero ordine; |ordine|; |pratica|; numero pratica; |fattura|; codice sconto; codice promozionale; codice fiscale; codice postale; codice cliente; p. iva; partita iva; numero cliente;
    codice di prenotazione; codice a barre; bestelnummer; ordernummer; |bestelling|; klantnummer; |factuur|; factuurnummer; kortingscode; actiecode; |bel|; trackingcode; referentie;
    numer zamowienia; |zamowienie|; numer klienta; numer zgloszenia; |faktura|; kod rabatowy; kod promocyjny; kod pocztowy; |nip|; |regon|; numer przesylki; |paczka|; kod kreskowy;
    номер заказа; |заказ|; номер договора; договора; обращение; |чек|; |инн|; промокод; почтовый индекс; |индекс|; телефон; счет; |смена|; номер клиента; |карта|; |баланс|; код товара;
    siparis no; siparis numarasi; |siparis|; musteri no; |fatura|; fatura no; islem no; abone no; indirim kodu; kampanya kodu; posta kodu; takip no; takip numarasi; |referans|;
    端末番号; 契約番号; 注文番号; ご注文番号; お客様番号; 会員番号; 予約番号; 伝票番号; 追跡番号; 受付番号; 郵便番号; 電話番号; 口座番号; クーポンコード; 割引コード; 商品コード; お問い合わせ番号; お問い合わせ;
    设备; 合同编号; 合同号; 订单号; 订单编号; 订单; 工单号; 单号; 尾号; 客服电话; 电话; 快递单号; 取件码; 优惠码; 邮政编码; 邮编; 账号; 余额; 编号; 訂單; 訂單編號; 致電; 電話; 優惠碼; 票号; 二维码; 提货码;
    기기번호; 단말번호; 전화; 계약번호; 주문번호; 주문 번호; 문의번호; 고객번호; 예약번호; 운송장번호; 사업자등록번호; 계좌번호; 전화번호; 문의; 할인 코드; 쿠폰; 우편번호; 잔액; 승인번호; 접수번호;
    |رقم|; رقم الطلب; طلبك رقم; رقم العميل; رقم الحساب; فاتورة رقم; فاتورتك رقم; رقم الفاتورة; رقم الهاتف; رمز الخصم; كود الخصم; الرمز البريدي; رقم التتبع; ينتهي ب; رقم المرجع; المبلغ;
    ordernr; kundnummer; kundenummer; rabattkod; rabatkode; postnummer; cislo objednavky; slevovy kod; rendelesszam; numar comanda; nomor pesanan; ma don hang`,
  /** Names of things that have a number right behind them, or in the next cell. */
  noun: `
    contract; contrat; contrato; contratto; vertrag; umowa; incident; desk; order; invoice; account; customer; card; request; parcel; package; shipment; reservation; booking; reserva; reservation; reservierung; prenotazione; rezerwacja; reservering;  ticket; transaction; client; member; statement; bestellung; paket; konto; kunde; colis; compte;
    paquete; cuenta; pacco; pakket; klant; klient; посылка; siparisiniz; kargo; お荷物; 包裹; 상품; الطلب`,
  /** Said of a code that is not to be used any more. */
  stale: `
    previous code; previous verification code; earlier code; old code; last code; expired code; no longer valid; no longer works; no longer be used; has expired; it expired; already expired;
    sent you earlier; replaces; instead of; do not use; don't use; previous one; your previous; vorherige; vorheriger; alter code; nicht mehr gultig; ungultig; ancien code; precedent; n'est plus valable;
    codigo anterior; ya no es valido; anterior; codice precedente; non e piu valido; vorige code; niet meer geldig; poprzedni; stary kod; предыдущ; старый код; больше не действ; onceki; eski kod;
    以前のコード; 無効; 旧コード; 之前的; 旧的; 已失效; 已过期; 이전 코드; 만료된; الرمز السابق; القديم`,
  /** Where a code opens something that is no account. */
  setting: `
    wi-fi; wifi; |wlan|; guest network; webinar; meeting id; conference call; locker; |parcel locker|; front door; gate code; door code; packstation fach; |fach|; consigne; taquilla; armadietto; paczkomat; постамат; постомат; 宅配ボックス; 快递柜; 丰巢; 무인택배함`,
  /** What a message that sells something says. */
  sale: `
    first order; next order; redeem; billing; checkout; check out; discount; % off; |sale|; |save|; savings; your cart; your purchase; |deal|; |deals|; your basket; rabatt; |sparen|; sparst; einkauf; remise; |promo|; votre panier; reduction; descuento; tu compra; oferta; sconto; acquisto; offerta;
    desconto; compra; korting; aankoop; rabat; zakup; скидк; покупк; indirim; alisveris; 割引; 値引; お買い物; クーポン; 优惠; 折扣; 折; 購物; 할인; 쿠폰; 구매; خصم; تسوق; rabat; slev; kedvezm; reducere; diskon`,
  /** Right behind a number: it counts or costs something. */
  unit: `
    vnd; idr; thb; mxn; cad; aud; hkd; twd; aed; sar; huf; ron; uah; btc; eth; eur; usd; gbp; chf; pln; czk; sek; nok; dkk; rub; try; inr; brl; jpy; cny; krw; |tl|; |zl|; |kc|; |ft|; |lei|; euro; dollar; pound; ريال; درهم; دينار; руб; |р|; грн; 円; 元; 원; ₽; ₺; ₹; €; £; ¥; ₩;
    $; %; |km|; |kg|; |mb|; |gb|; |kb|; |ms|; |px|; machine; location; store; branch; countr; countries; second; minute; |min|; |hour|; |day|; |days|; point; visit; mile; user; people; item; view; follower; page; word; customer; subscriber; sekunden; minuten;
    stunden; punkte; secondes; points; puntos; pontos; punti; punten; punktow; балл; 分钟; 秒; 分間; 時間; 年; 月; ポイント; 積分; 积分; 년; 포인트; 명; numarali; sayili; numaral`,
} as const;

export type CodeWordList = keyof typeof CODE_WORDS;

/** Words of links in messages, in the same spelling. */
export const LINK_WORDS = {
  signIn: `
    sign in; sign-in; signin; sign me in; log in; log-in; login; log me in; ouvrir ma session; ouvrir la session; mich anmelden; anmelden; einloggen; anzumelden; einzuloggen; melden sie sich; connectez-vous; identifiez-vous; inicia sesion; inicie sesion; para acceder; para ingresar; fazer login; faca login; para aceder; effettua l'accesso; in te loggen; aan te melden; aby sie zalogowac; авторизоваться; войдите; giris yap; لتسجيل; anmelde-link; anmeldelink; se connecter; me connecter; vous connecter; connexion; iniciar sesion; inicio de sesion; |acceder|; |entrar|;
    enlace de acceso; aceder; iniciar sessao; accedi; accedere; accesso; inloggen; aanmelden; zaloguj; logowania; zalogowac; войти; вход; giris yap; oturum ac; giris; ログイン; サインイン; 登录; 登入; 로그인; تسجيل الدخول; سجل الدخول;
    |logga in|; |log ind|; |logg inn|; kirjaudu; prihlasit; bejelentkez; conecteaza; увійти; σύνδεση; התחבר; כניסה; |masuk|; dang nhap; ورود; this link`,
  confirm: `
    click here; |here|; this link; the link; |hier|; |ici|; |aqui|; |qui|; |tutaj|; здесь; |buraya|; こちら; 点击这里; 여기; هنا; verify; confirm; approve; continue; bestatigen; verifizieren; verifier; confirmer; verificar; confirmar; verifica; conferma; bevestig; potwierdz; подтверд; onayla; dogrula; 認証; 確認; 验证; 確認; 确认; 인증; 확인; تأكيد; تحقق`,
  /** Names of a link that stands for a password. */
  magic: `
    magic link; magic-link; passwordless; no password; without a password; sign-in link; sign in link; login link; log-in link; login-link; anmeldelink; anmelde-link; ohne passwort; lien magique; lien de connexion; sans mot de passe; enlace magico; enlace de acceso;
    enlace de inicio; sin contrasena; link magico; link de acesso; sem senha; link di accesso; senza password; magische link; inloglink; zonder wachtwoord; magiczny link; link do logowania; bez hasla; ссылка для входа; волшебная ссылка; без пароля; sihirli; giris baglanti; sifresiz;
    マジックリンク; ログインリンク; 登录链接; 登入連結; 魔法链接; 免密; 매직 링크; 로그인 링크; 비밀번호 없이; رابط تسجيل الدخول; الرابط السحري; بدون كلمة مرور`,
  /** Said of a link that was asked for and works once. */
  once: `
    link expires; button below; button works; button expires; link will expire; link is valid; link works; only once; works once; used once; used only once; one-time link; single-use; expires in; within 15 minutes; valid for; you asked for; you requested; sign you in; log you in; didn't request; did not request; to sign in; to log in; trying to sign in; finish signing in;
    gilt; ohne passwort; nur einmal; dich einzuloggen; lien de connexion; lien expire; cliquez ici pour vous connecter; enlace caduca; para iniciar sesion; tu inicio de sesion; link expira; para entrar na sua conta; link di accesso; senza password; om in te loggen; aby sie zalogowac; wazny; ссылка действует; ссылка одноразовая; без пароля; чтобы войти;
    baglanti; リンク; 链接; 按钮登录; 連結; 링크; الرابط`,
  /** Links that do something else. */
  elsewhere: `
    confirm order; your order; |order|; appointment; attendance; payment; reservation; |rsvp|; invitation; |join|; accept; export; unsubscribe; opt out; opt-out; preferences; privacy; terms; help; support; faq; contact; view in browser; view online; read more; learn more; follow us; reset; forgot; new password; change password; change your password; choose a; report; wasn't me; not me; did not request; didn't request; this wasn't; secure your; secure my; deny; cancel; block; lock; review; activity; manage; upgrade; |pay|; invoice; |shop|; your cart; |offer|; |offers|; |trial|; notifications; subscribe; subscription; newsletter; survey; feedback; download; invite; invited; settings;
    abmelden; abbestellen; datenschutz; impressum; hilfe; zurucksetzen; desinscri; desabonn; confidentialite; aide; reinitialiser; darse de baja; privacidad; ayuda; restablecer; cancelar inscric; ajuda; redefinir; annulla iscrizione; disiscriv; aiuto; reimposta; afmelden; uitschrijven; hulp; wypisz; rezygn; pomoc; resetuj; отписа; помощь; сброс; конфиденциальн; abonelikten; yardim; sifirla;
    配信停止; 解除; プライバシー; ヘルプ; 再設定; 退订; 退訂; 帮助; 隐私; 重置; 수신거부; 도움말; 재설정; إلغاء الاشتراك; مساعدة; إعادة تعيين; الخصوصية`,
} as const;

export type LinkWordList = keyof typeof LINK_WORDS;
