import { describe, expect, test } from 'vitest';
import {
  asksToChoose,
  type Factor,
  factorAsked,
  factorNamed,
  factorOptions,
  sendsCode,
} from '../../src/login/second-factors.ts';
import { type Piece, plainPage } from './plain-page.ts';

/** How sites name what they offer. */
const NAMES: Record<Factor, string[]> = {
  authenticator: [
    'Use your authenticator app',
    'Google Authenticator',
    'Authentifizierungs-App verwenden',
    "Application d'authentification",
    'Aplicación de autenticación',
    'Aplicativo autenticador',
    'App di autenticazione',
    'Authenticatie-app gebruiken',
    'Aplikacja uwierzytelniająca',
    'Приложение для аутентификации',
    'Kimlik doğrulama uygulaması',
    '認証アプリを使う',
    '使用身份验证器应用',
    '인증 앱 사용',
    'تطبيق المصادقة',
  ],
  email: [
    'Email me a code',
    'Send a code to a•••@example.com',
    'Code per E-Mail senden',
    'Recevoir un code par courriel',
    'Enviar un código al correo electrónico',
    'Kod e-posta ile gönder',
    'Код по электронной почте',
    'メールで受け取る',
    '发送到邮箱',
    '이메일로 받기',
    'البريد الإلكتروني',
  ],
  text: [
    'Text me a code',
    'SMS',
    'Phone',
    'Send a code to +49 ••• •• 12',
    'Textnachricht erhalten',
    'Mensaje de texto',
    'Mensagem de texto',
    'Messaggio di testo',
    'Sms-bericht',
    'Wiadomość tekstowa',
    'СМС на номер телефона',
    'Kısa mesaj',
    '短信验证码',
    '문자 메시지',
    'رسالة نصية',
  ],
  passkey: ['Use a passkey', 'Security key', 'Sicherheitsschlüssel', "Clé d'accès", 'パスキー'],
  recovery: ['Use a backup code', 'Wiederherstellungscode eingeben', 'Code de secours', 'バックアップコードを使う'],
  call: ['Get a phone call', 'Anruf erhalten', 'Recevoir un appel', 'Llamada telefónica', '音声通話'],
  approval: ['Approve a push notification', 'Benachrichtigung bestätigen'],
};

describe('what a control names', () => {
  const rows = Object.entries(NAMES).flatMap(([factor, names]) => names.map((name) => [name, factor] as const));
  test.each(rows)('%s: %s', (name, factor) => expect(factorNamed(name)).toBe(factor));

  test.each(['Continue', 'Need help?', 'Terms of service', 'Sign in', 'Not now', 'Pricing'])('%s: none', (name) => {
    expect(factorNamed(name)).toBeNull();
  });

  test.each([
    ['Text me a code', true],
    ['Code senden', true],
    ['メールで受け取る', true],
    ['Resend code', false],
    ['Send a new code', false],
    ['Code erneut senden', false],
    ['Authenticator app', false],
  ])('%s makes the site send a code: %s', (name, sends) => expect(sendsCode(name)).toBe(sends));
});

describe('a page to choose on', () => {
  const kinds = (pieces: Piece[]) => {
    const page = plainPage(pieces);
    const options = factorOptions(page);
    return asksToChoose(page, options) ? options.map(({ factor }) => factor) : null;
  };

  test('links, buttons and options to mark are ways', () => {
    const heading = { heading: 'Verify your identity' };
    expect(kinds([heading, { link: 'Authenticator app' }, { link: 'Email' }])).toEqual(['authenticator', 'email']);
    expect(kinds([heading, { button: 'Text me a code' }, { button: 'Use a backup code' }])).toEqual([
      'text',
      'recovery',
    ]);
    const options: Piece[] = [
      { check: 'Phone', kind: 'option', checked: true },
      { check: 'Email', kind: 'option' },
    ];
    expect(kinds([heading, ...options, { button: 'Continue' }])).toEqual(['text', 'email']);
  });

  test('the only way counts where it has to be asked for', () => {
    expect(kinds([{ heading: 'Confirm it’s you' }, { button: 'Send a code to a•••@example.com' }])).toEqual(['email']);
    expect(kinds([{ heading: 'Verify your identity' }, { link: 'Email' }])).toBeNull();
  });

  test('boxes, lost devices, devices to set up and codes to be sent again are no ways', () => {
    const heading = { heading: 'Two-step verification' };
    expect(kinds([heading, { check: 'Email me about offers' }, { check: 'Text me about offers' }])).toBeNull();
    expect(kinds([heading, { link: "Can't access your authenticator app?" }, { link: 'Set up SMS' }])).toBeNull();
    expect(kinds([heading, { button: 'Resend SMS' }, { link: 'Send a new e-mail' }])).toBeNull();
  });

  test('a page behind the login is none, whatever it links to', () => {
    const links: Piece[] = [{ link: 'Email' }, { link: 'Text messages' }, { link: 'Authenticator app' }];
    expect(kinds([{ heading: 'Your orders' }, ...links])).toBeNull();
    expect(kinds([{ heading: 'Verify your details' }, ...links, { button: 'Log out' }])).toBeNull();
  });
});

describe('which way the code comes that a page asks for', () => {
  test.each([
    ['We sent a text message to +49 ••• 12.', 'text'],
    ['Wir haben einen Code an Ihre E-Mail-Adresse gesendet.', 'email'],
    ['Enter the code from your authenticator app.', 'authenticator'],
    ['Open the authenticator app on your phone.', 'authenticator'],
    ['Enter the code.', null],
    ['We sent it by text message or e-mail.', null],
  ])('%s: %s', (text, asked) => {
    const page = plainPage([{ heading: 'Verification' }, { text }, { field: 'Code' }, { button: 'Verify' }]);
    expect(factorAsked(page)).toBe(asked);
  });

  test('what its controls name is not what it asks for', () => {
    const page = plainPage([
      { text: 'Enter the code from your authenticator app.' },
      { field: 'Code' },
      { link: 'Text me a code instead' },
      { link: 'Use e-mail' },
    ]);
    expect(factorAsked(page)).toBe('authenticator');
  });
});
