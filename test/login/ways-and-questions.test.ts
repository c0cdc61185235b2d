import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { wayToOthers, wayToPassword } from '../../src/login/login-methods.ts';
import type { Observation } from '../../src/login/observation.ts';
import { observe } from '../../src/login/observe.ts';
import { classify } from '../../src/login/page-state.ts';
import { questionOf } from '../../src/login/questions.ts';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
});
afterAll(() => browser.close());

async function look(html: string): Promise<Observation> {
  await page.setContent(`<!doctype html><body>${html}</body>`);
  const seen = await observe(page);
  seen.dispose();
  return seen.observation;
}

const buttons = (texts: readonly string[]) => texts.map((text) => `<p><button>${text}</button></p>`).join('');

/** Heading, the answers in the order of the page, and the one that leads on. */
type Asked = [language: string, heading: string, texts: string[], wanted: string];

const CONSENT: Asked[] = [
  ['en', 'Orders wants to access your account', ['Cancel', 'Deny', 'Allow'], 'Allow'],
  ['en', 'Authorize application', ['Deny', 'Authorize Orders'], 'Authorize Orders'],
  ['de', 'Orders möchte auf Ihr Konto zugreifen', ['Ablehnen', 'Zulassen'], 'Zulassen'],
  ['fr', 'Orders souhaite accéder à votre compte', ['Annuler', 'Autoriser'], 'Autoriser'],
  ['es', 'Orders quiere acceder a tu cuenta', ['Cancelar', 'Permitir'], 'Permitir'],
  ['pt', 'Orders quer acessar a sua conta', ['Negar', 'Permitir'], 'Permitir'],
  ['it', 'Orders vuole accedere al tuo account', ['Annulla', 'Consenti'], 'Consenti'],
  ['nl', 'Orders wil toegang tot uw account', ['Weigeren', 'Toestaan'], 'Toestaan'],
  ['pl', 'Orders chce uzyskać dostęp do Twojego konta', ['Anuluj', 'Zezwól'], 'Zezwól'],
  ['ru', 'Orders запрашивает доступ к вашему аккаунту', ['Отклонить', 'Разрешить'], 'Разрешить'],
  ['tr', 'Orders hesabınıza erişmek istiyor', ['İptal', 'İzin ver'], 'İzin ver'],
  ['ja', 'Orders がアカウントへのアクセスを求めています', ['キャンセル', '許可'], '許可'],
  ['zh', 'Orders 请求访问您的账号', ['取消', '允许'], '允许'],
  ['ko', 'Orders에서 내 계정에 액세스하려고 합니다', ['취소', '허용'], '허용'],
  ['ar', 'يريد الوصول إلى حسابك Orders', ['إلغاء', 'السماح'], 'السماح'],
];
const STAY: Asked[] = [
  ['en', 'Stay signed in?', ['Yes', 'No'], 'No'],
  ['de', 'Angemeldet bleiben?', ['Ja', 'Nein'], 'Nein'],
  ['fr', 'Rester connecté ?', ['Oui', 'Non'], 'Non'],
  ['es', '¿Mantener la sesión iniciada?', ['Sí', 'No'], 'No'],
  ['pt', 'Permanecer conectado?', ['Sim', 'Não'], 'Não'],
  ['it', 'Rimanere connesso?', ['Sì', 'No'], 'No'],
  ['nl', 'Aangemeld blijven?', ['Ja', 'Nee'], 'Nee'],
  ['pl', 'Czy chcesz pozostać zalogowany?', ['Tak', 'Nie'], 'Nie'],
  ['ru', 'Оставаться в системе?', ['Да', 'Нет'], 'Нет'],
  ['tr', 'Oturumu açık tut?', ['Evet', 'Hayır'], 'Hayır'],
  ['ja', 'サインインの状態を維持しますか?', ['はい', 'いいえ'], 'いいえ'],
  ['zh', '是否保持登录状态？', ['是', '否'], '否'],
  ['ko', '로그인 상태를 유지하시겠습니까?', ['예', '아니요'], '아니요'],
  ['ar', 'هل تريد البقاء مسجلاً؟', ['نعم', 'لا'], 'لا'],
];
const NAG: Asked[] = [
  ['en', 'Create a passkey', ['Create a passkey', 'Not now'], 'Not now'],
  ['en', 'Protect your account', ['Add a phone', 'Remind me later'], 'Remind me later'],
  ['de', 'Passkey erstellen', ['Erstellen', 'Jetzt nicht'], 'Jetzt nicht'],
  ['fr', "Créer une clé d'accès", ['Créer', 'Plus tard'], 'Plus tard'],
  ['es', 'Crear una clave de acceso', ['Crear', 'Ahora no'], 'Ahora no'],
  ['pt', 'Criar uma chave de acesso', ['Criar', 'Agora não'], 'Agora não'],
  ['it', 'Crea una passkey', ['Crea', 'Non ora'], 'Non ora'],
  ['nl', 'Passkey maken', ['Maken', 'Niet nu'], 'Niet nu'],
  ['pl', 'Utwórz klucz dostępu', ['Utwórz', 'Nie teraz'], 'Nie teraz'],
  ['ru', 'Создать ключ доступа', ['Создать', 'Не сейчас'], 'Не сейчас'],
  ['tr', 'Geçiş anahtarı oluştur', ['Oluştur', 'Şimdi değil'], 'Şimdi değil'],
  ['ja', 'パスキーを作成', ['作成', '後で'], '後で'],
  ['zh', '创建通行密钥', ['创建', '以后再说'], '以后再说'],
  ['ko', '패스키 만들기', ['만들기', '나중에'], '나중에'],
  ['ar', 'إنشاء مفتاح مرور', ['إنشاء', 'ليس الآن'], 'ليس الآن'],
];
const TERMS: Asked[] = [
  ['en', 'We have updated our terms of service', ['Decline', 'I agree'], 'I agree'],
  ['de', 'Neue Nutzungsbedingungen', ['Ablehnen', 'Ich stimme zu'], 'Ich stimme zu'],
  ['fr', 'Nouvelles conditions générales', ['Refuser', "J'accepte"], "J'accepte"],
  ['es', 'Nuevas condiciones de uso', ['Rechazar', 'Aceptar'], 'Aceptar'],
  ['pt', 'Novos termos de uso', ['Recusar', 'Aceito'], 'Aceito'],
  ['it', 'Nuovi termini di servizio', ['Rifiuta', 'Accetto'], 'Accetto'],
  ['nl', 'Nieuwe voorwaarden', ['Weigeren', 'Akkoord'], 'Akkoord'],
  ['pl', 'Nowy regulamin', ['Odrzuć', 'Akceptuję'], 'Akceptuję'],
  ['ru', 'Новые условия использования', ['Отклонить', 'Принимаю'], 'Принимаю'],
  ['tr', 'Yeni koşullar', ['Reddet', 'Kabul ediyorum'], 'Kabul ediyorum'],
  ['ja', '新しい利用規約', ['拒否', '同意する'], '同意する'],
  ['zh', '服务条款更新', ['拒绝', '同意'], '同意'],
  ['ko', '약관 변경 안내', ['거부', '동의'], '동의'],
  ['ar', 'تحديث الشروط والأحكام', ['رفض', 'أوافق'], 'أوافق'],
];
const ACCOUNTS: Asked[] = (
  [
    ['en', 'Choose an account', 'Use another account'],
    ['de', 'Konto auswählen', 'Anderes Konto verwenden'],
    ['fr', 'Choisissez un compte', 'Utiliser un autre compte'],
    ['es', 'Selecciona una cuenta', 'Usar otra cuenta'],
    ['pt', 'Escolha uma conta', 'Usar outra conta'],
    ['it', 'Scegli un account', 'Usa un altro account'],
    ['nl', 'Kies een account', 'Een ander account gebruiken'],
    ['pl', 'Wybierz konto', 'Użyj innego konta'],
    ['ru', 'Выберите аккаунт', 'Сменить на другой аккаунт'],
    ['tr', 'Hesap seçin', 'Başka bir hesap kullan'],
    ['ja', 'アカウントの選択', '別のアカウントを使用'],
    ['zh', '选择账号', '使用其他账号'],
    ['ko', '계정 선택', '다른 계정 사용'],
    ['ar', 'اختر حسابًا', 'استخدام حساب آخر'],
  ] as const
).map(([language, heading, other]) => [language, heading, ['Bob bob@lindgrove.test', other], other]);

describe('a question between login and session has one answer that leads on', () => {
  test.each([...CONSENT, ...STAY, ...NAG, ...TERMS, ...ACCOUNTS])(
    '%s: %s',
    async (_language, heading, texts, wanted) => {
      const seen = await look(`<h1>${heading}</h1>${buttons(texts)}`);
      expect(classify(seen).kind).toBe('interstitial');
      expect(questionOf(seen, 'ada@lindgrove.test')?.button.text).toBe(wanted);
    },
  );

  test('in a list of accounts the one of the username is taken, not one that holds its name', async () => {
    const seen = await look(
      `<h1>Choose an account</h1>${buttons(['Nada nada@lindgrove.test', 'Ada Lovelace ada@lindgrove.test', 'Use another account'])}`,
    );
    expect(questionOf(seen, 'ADA@lindgrove.test')?.button.text).toBe('Ada Lovelace ada@lindgrove.test');
  });

  test.each([
    ['by its word', '<h1>Stay signed in?</h1><button>Log out</button>'],
    [
      'by where its form goes',
      '<h1>Stay signed in?</h1><form action="https://lindgrove.test/logout"><button>Continue</button></form>',
    ],
    ['by its address', '<h1>Stay signed in?</h1><a href="/sign-out?now">No</a>'],
  ])('a way out is no answer: %s', async (_how, html) => {
    expect(questionOf(await look(html), null)).toBeNull();
  });

  test('"Skip to the content" is no answer, and a page of an account asks nothing', async () => {
    expect(questionOf(await look('<a href="/x">Skip to content</a><h1>Stay signed in?</h1>'), null)).toBeNull();
    const account = `<h1>My account</h1><p>Remind me later of my deliveries.</p>${buttons(['Later', 'Log out'])}`;
    expect(classify(await look(account)).kind).toBe('logged_in');
  });
});

const METHODS: [string, string[], string | null, string | null][] = [
  [
    'en',
    ['Use a passkey', 'E-mail me a link', 'Use your password', 'Forgot your password?'],
    'Use your password',
    null,
  ],
  ['en', ['Sign in without password', 'Continue with Google', 'Password'], 'Password', null],
  ['en', ['Continue', 'Try another way'], null, 'Try another way'],
  ['en', ['Forgot password?', 'Reset your password', 'Show password', 'Change password'], null, null],
  ['de', ['Passkey verwenden', 'Passwort verwenden', 'Passwort vergessen?'], 'Passwort verwenden', null],
  ['de', ['Weiter', 'Andere Methode wählen'], null, 'Andere Methode wählen'],
  ['fr', ['Utiliser un mot de passe', 'Mot de passe oublié ?'], 'Utiliser un mot de passe', null],
  ['fr', ['Essayer une autre méthode'], null, 'Essayer une autre méthode'],
  ['es', ['¿Olvidaste la contraseña?', 'Usar la contraseña'], 'Usar la contraseña', null],
  ['es', ['Probar de otra manera'], null, 'Probar de otra manera'],
  ['pt', ['Esqueceu a senha?', 'Entrar com senha'], 'Entrar com senha', null],
  ['pt', ['Tentar de outra forma'], null, 'Tentar de outra forma'],
  ['it', ['Accedi con password', 'Password dimenticata?'], 'Accedi con password', null],
  ['it', ['Prova un altro metodo'], null, 'Prova un altro metodo'],
  ['nl', ['Wachtwoord vergeten?', 'Wachtwoord gebruiken'], 'Wachtwoord gebruiken', null],
  ['nl', ['Probeer een andere manier'], null, 'Probeer een andere manier'],
  ['pl', ['Zaloguj się hasłem', 'Nie pamiętasz hasła?'], 'Zaloguj się hasłem', null],
  ['pl', ['Spróbuj w inny sposób'], null, 'Spróbuj w inny sposób'],
  ['ru', ['Забыли пароль?', 'Войти с паролем'], 'Войти с паролем', null],
  ['ru', ['Другой способ входа'], null, 'Другой способ входа'],
  ['tr', ['Şifremi unuttum', 'Şifre ile giriş yap'], 'Şifre ile giriş yap', null],
  ['tr', ['Başka bir yol deneyin'], null, 'Başka bir yol deneyin'],
  ['ja', ['パスワードを忘れた', 'パスワードでログイン'], 'パスワードでログイン', null],
  ['ja', ['別の方法を試す'], null, '別の方法を試す'],
  ['zh', ['忘记密码', '密码登录'], '密码登录', null],
  ['zh', ['其他方式'], null, '其他方式'],
  ['ko', ['비밀번호 찾기', '비밀번호로 로그인'], '비밀번호로 로그인', null],
  ['ko', ['다른 방법 시도'], null, '다른 방법 시도'],
  ['ar', ['نسيت كلمة المرور', 'استخدام كلمة المرور'], 'استخدام كلمة المرور', null],
  ['ar', ['جرب طريقة أخرى'], null, 'جرب طريقة أخرى'],
];

test.each(METHODS)('the way to the password among others, %s: %j', async (_language, texts, password, others) => {
  const seen = await look(`<h1>Lindgrove</h1>${buttons(texts)}`);
  expect(wayToPassword(seen)?.text ?? null).toBe(password);
  expect(wayToOthers(seen)?.text ?? null).toBe(others);
});
