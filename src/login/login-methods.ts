import { fold } from '../fold.ts';
import { phrasePattern, says } from './fields/words.ts';
import { isLogOut } from './log-out.ts';
import type { ButtonView, Observation } from './observation.ts';

/* Ways in to choose between, as data: phrases in en de fr es pt it nl pl ru tr ja zh ko ar, folded. */

/** "Use your password instead". */
const BY_PASSWORD = phrasePattern(`
  use password; use your password; use a password; use my password; with password; with a password; with your password;
  with my password; using password; using your password; using a password; enter password; enter your password;
  enter my password; password instead; by password; via password; mit passwort; mit kennwort; mit dem passwort;
  mit ihrem passwort; mit meinem passwort; mit deinem passwort; passwort verwenden; passwort benutzen; passwort eingeben;
  kennwort verwenden; kennwort eingeben; passwort nutzen; avec mot de passe; avec un mot de passe; avec mon mot de passe;
  avec votre mot de passe; avec le mot de passe; par mot de passe; utiliser un mot de passe; utiliser mon mot de passe;
  utiliser votre mot de passe; utiliser le mot de passe; utilisez votre mot de passe; saisir le mot de passe;
  saisir mon mot de passe; saisissez votre mot de passe; entrer le mot de passe; con contrasena; con la contrasena;
  con tu contrasena; con su contrasena; con mi contrasena; con una contrasena; usar contrasena; usar la contrasena;
  usar tu contrasena; usar mi contrasena; usar una contrasena; utilizar contrasena; utilizar la contrasena;
  introducir contrasena; introducir la contrasena; introduce tu contrasena; ingresa tu contrasena; ingresar contrasena;
  con clave; com senha; com a senha; com sua senha; com a sua senha; com palavra-passe; com a palavra-passe; usar senha;
  usar a senha; usar sua senha; usar minha senha; usar uma senha; usar palavra-passe; usar a palavra-passe; utilizar senha;
  utilizar a palavra-passe; digite sua senha; digitar senha; inserir senha; introduzir palavra-passe; con password;
  con la password; usa password; usa la password; usa la tua password; usare la password; utilizza la password;
  inserisci la password; tramite password; met wachtwoord; met een wachtwoord; met je wachtwoord; met uw wachtwoord;
  met mijn wachtwoord; wachtwoord gebruiken; gebruik wachtwoord; gebruik je wachtwoord; gebruik uw wachtwoord;
  gebruik een wachtwoord; wachtwoord invoeren; haslem; za pomoca hasla; uzyj hasla; podaj haslo; wpisz haslo; с паролем;
  по паролю; с помощью пароля; использовать пароль; ввести пароль; введите пароль; паролем; sifre ile; sifreyle; sifremle;
  sifre kullan; sifremi kullan; sifrenizi kullan; sifreni kullan; sifrenizi girin; sifreni gir; parola ile; parola kullan;
  parolanizi girin; パスワードで; パスワードを使; パスワードを入力; パスワードを利用; 使用密码; 用密码; 密码登录; 密码登陆; 输入密码; 使用密碼; 用密碼; 密碼登入;
  輸入密碼; 비밀번호로; 비밀번호 사용; 비밀번호를 사용; 비밀번호 입력; 비밀번호를 입력; بكلمة المرور; باستخدام كلمة; استخدام كلمة; استخدم كلمة;
  إدخال كلمة; أدخل كلمة; بكلمة مرور`);

/** "Try another way". */
const ANOTHER_WAY = phrasePattern(`
  another way; other way; other option; more option; sign-in option; signin option; different method; different way;
  other method; another method; more ways; another option; anderen weg; andere option; andere methode; anderen methode;
  andere anmelde; auf andere weise; weitere option; weitere moglichkeit; andere moglichkeit; autre methode; autre facon;
  autres options; autre option; autre moyen; autrement; plus d'options; autres methodes; otra manera; otra forma; otro metodo;
  otras opciones; otra opcion; mas opciones; otros metodos; outra forma; outra maneira; outro metodo; outras opcoes; mais opcoes;
  outro modo; altro modo; altro metodo; altre opzioni; un'altra opzione; altri metodi; andere manier; andere methode;
  andere opties; meer opties; andere mogelijkheid; inny sposob; inna metod; inne opcje; wiecej opcji; innego sposobu;
  другой способ; другим способом; другие способы; другие варианты; baska bir yol; baska yol; baska bir yontem; baska yontem;
  diger secenek; farkli bir yontem; 別の方法; 他の方法; その他の方法; 其他方式; 其他方法; 其他登录; 其他登入; 更多选项; 换一种方式; 换个方式; 다른 방법;
  다른 로그인; 옵션 더보기; طريقة أخرى; خيارات أخرى; بطريقة أخرى; طرق أخرى`);

/** "Sign in without a password" is the opposite. */
const WITHOUT = phrasePattern(`
  without; passwordless; ohne; sans; |sin|; |sem|; senza; zonder; |bez|; |без|; sifresiz; parolasiz; なし; なしで; 免密; 无密码; 無密碼; 없이; |بدون|`);

const LONGEST = 60;

const offered = ({ buttons, forms }: Observation): ButtonView[] =>
  buttons.filter(
    (button) =>
      button.visible &&
      !button.disabled &&
      button.text !== '' &&
      button.text.length <= LONGEST &&
      !isLogOut(button, forms) &&
      !says('recovery', button.text) &&
      !says('register', button.text) &&
      !says('changesPassword', button.text),
  );

/** The control that leads to the password's field; on a plain list of methods that is the one that says "Password". Pure. */
export function wayToPassword(observation: Observation): ButtonView | null {
  const buttons = offered(observation).filter(({ text }) => !WITHOUT.test(fold(text)));
  const named = buttons.find(({ text }) => BY_PASSWORD.test(fold(text)) && !says('newPassword', text));
  if (named) return named;
  const list =
    observation.fields.every(({ visible }) => !visible) && buttons.some(({ text }) => says('otherMethod', text));
  return (list && buttons.find(({ text }) => text.length <= 16 && says('password', text))) || null;
}

/** The thing itself, and what a page may call it. */
const PASSKEY = phrasePattern(`
  passkey; pass key; security key; webauthn; |fido|; fido2; sicherheitsschlussel; hauptschlussel; cle d'acces; cle de securite;
  clave de acceso; llave de acceso; llave de seguridad; clave de seguridad; chave de acesso; chave de seguranca; chiave di accesso;
  chiave di sicurezza; toegangssleutel; beveiligingssleutel; klucz dostepu; klucza dostepu; kluczem dostepu; klucz bezpieczenstwa;
  klucza bezpieczenstwa; ключ доступа; ключа доступа; ключом доступа; ключ безопасности; ключа безопасности; ключом безопасности;
  gecis anahtari; guvenlik anahtari; パスキー; セキュリティキー; セキュリティ キー; 通行密钥; 通行密鑰; 安全密钥; 安全金鑰; 通行金鑰; 패스키; 보안 키; 보안키;
  مفتاح المرور; مفتاح مرور; مفتاح الأمان; مفتاح أمان`);

/** A passkey that is made, looked after or explained is not asked for. */
const KEEPS = phrasePattern(`
  create; |add|; set up; setup; enrol; manage; learn more; what is; what are; about; rename; delete; remove; |new|; lost; erstellen;
  anlegen; hinzufugen; einrichten; verwalten; mehr erfahren; was ist; was sind; loschen; entfernen; creer; ajouter; configurer; gerer;
  en savoir; qu'est; supprimer; crear; anadir; agregar; configurar; gestionar; administrar; mas informacion; que es; eliminar; criar;
  adicionar; gerenciar; gerir; saiba mais; o que e; crea una; crea un; aggiungi; configura; gestisci; scopri; cos'e; elimina; |maken|;
  aanmaken; toevoegen; instellen; beheren; meer informatie; wat is; verwijder; utworz; dodaj; skonfiguruj; zarzadzaj; dowiedz; usun;
  создать; добавить; настроить; управл; подробнее; что такое; удалить; olustur; ekle; ayarla; yonet; nedir; |sil|; 作成; 追加; 設定; 管理;
  とは; 削除; 创建; 添加; 设置; 管理; 什么是; 删除; 建立; 新增; 設定; 什麼是; 刪除; 만들; 추가; 설정; 관리; 이란; 삭제; إنشاء; إضافة; إعداد; إدارة; ما هو; حذف`);

/** Whether a text names a passkey. */
export const namesPasskey = (text: string): boolean => PASSKEY.test(fold(text));

/** Whether a control makes, looks after or explains a way in instead of using it. */
export const isKeptNotUsed = (text: string): boolean => KEEPS.test(fold(text));

/** What goes on where the page itself says that it wants the passkey. */
const goesOn = (text: string): boolean => says('next', text) || says('verify', text) || says('submit', text);

/**
 * The control that makes the page ask for the account's passkey: the one that names it, or the one that goes on where the
 * whole page is about it. Pure.
 */
export function wayToPasskey(observation: Observation): ButtonView | null {
  const buttons = offered(observation).filter(
    ({ text }) => !isKeptNotUsed(text) && !says('otherMethod', withoutIt(text)),
  );
  const named = buttons.find(({ text }) => namesPasskey(text) && !ANOTHER_WAY.test(fold(text)));
  if (named) return named;
  const about = fold([...observation.headings, observation.title].join(' | '));
  if (!PASSKEY.test(about) || KEEPS.test(about) || observation.fields.some(({ visible }) => visible)) return null;
  return buttons.find(({ text }) => goesOn(text) && !ANOTHER_WAY.test(fold(text))) ?? null;
}

/** The text without the passkey's own name, which the list of other methods holds too. */
const withoutIt = (text: string): string => fold(text).replace(PASSKEY, ' ');

/** The control that shows further ways in. Pure. */
export function wayToOthers(observation: Observation): ButtonView | null {
  return offered(observation).find(({ text }) => ANOTHER_WAY.test(fold(text)) && !says('otherMethod', text)) ?? null;
}
