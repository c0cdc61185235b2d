import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { wayToPasskey } from '../../src/login/login-methods.ts';
import { meaningOf } from '../../src/login/messages.ts';
import { observe } from '../../src/login/observe.ts';
import { isForPasskey } from '../../src/login/strategies/passkey.ts';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
});
afterAll(() => browser.close());

async function wayOn(heading: string, texts: readonly string[]): Promise<string | null> {
  const buttons = texts.map((text) => `<p><button>${text}</button></p>`).join('');
  await page.setContent(`<!doctype html><body><h1>${heading}</h1>${buttons}</body>`);
  const look = await observe(page);
  look.dispose();
  return wayToPasskey(look.observation)?.text ?? null;
}

test.each([
  ['Sign in', 'Sign in with a passkey'],
  ['Sign in', 'Use a security key'],
  ['Anmelden', 'Mit Passkey anmelden'],
  ['Connexion', 'Se connecter avec une clé d’accès'],
  ['Iniciar sesión', 'Usar una llave de acceso'],
  ['Entrar', 'Entrar com uma chave de acesso'],
  ['Accedi', 'Accedi con la passkey'],
  ['Inloggen', 'Inloggen met een toegangssleutel'],
  ['Logowanie', 'Zaloguj się kluczem dostępu'],
  ['Вход', 'Войти с ключом доступа'],
  ['Giriş', 'Geçiş anahtarı ile giriş yap'],
  ['ログイン', 'パスキーでログイン'],
  ['登录', '使用通行密钥登录'],
  ['로그인', '패스키로 로그인'],
  ['تسجيل الدخول', 'تسجيل الدخول باستخدام مفتاح المرور'],
])('%s: %s', async (heading, text) => {
  expect(await wayOn(heading, ['Continue with Google', text, 'Forgot your password?'])).toBe(text);
});

test.each([
  ['Use your passkey', ['Try another way', 'Continue'], 'Continue'],
  ['Sign in', ['Create a passkey', 'Add a passkey', 'What is a passkey?', 'Manage your passkeys'], null],
  ['Passkeys', ['Passkey hinzufügen', 'Créer une clé d’accès', 'Crea una passkey', 'パスキーを作成'], null],
  ['Create a passkey', ['Continue'], null],
  ['Sign in', ['Continue with Google', 'Sign in with Apple'], null],
  ['Sign in', ['Sign out of your security key'], null],
])('%s: of %j it is %s', async (heading, texts, wanted) => {
  expect(await wayOn(heading, texts)).toBe(wanted);
});

test.each([
  'We could not verify your passkey.',
  'This passkey was not recognised.',
  'No passkey found on this account.',
  'Passkey authentication failed.',
  'Der Passkey konnte nicht überprüft werden.',
  'パスキーを確認できませんでした。',
])('"%s" refuses a passkey', (text) => {
  expect(meaningOf(text)?.code).toBe('wrong_code');
});

test.each([
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://login.example.com:8443', true],
  ['localhost', 'http://localhost:3000', true],
  ['example.com', 'http://example.com', false],
  ['example.com', 'https://badexample.com', false],
  ['login.example.com', 'https://example.com', false],
  ['example.com', 'https://example.com.evil.test', false],
])('a passkey of %s at %s: %s', (rpId, origin, fits) => {
  expect(isForPasskey(rpId, origin)).toBe(fits);
});
