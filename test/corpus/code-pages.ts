/** A page that asks for a one-time code, made here: how it looks, and which boxes take the code. */
export interface CodePage {
  name: string;
  html: string;
  /** Selectors of the boxes, in order. */
  boxes: string[];
}

/** What such pages say: the heading, the sentence, the label, the button. In the languages the recogniser knows. */
const TEXTS: Record<string, readonly [heading: string, sentence: string, label: string, button: string]> = {
  en: ['Two-step verification', 'We sent a code to your phone ending in 41.', 'Enter the 6-digit code', 'Continue'],
  de: ['Bestätigung in zwei Schritten', 'Wir haben einen Code an Ihr Telefon gesendet.', 'Sicherheitscode', 'Weiter'],
  fr: ['Validation en deux étapes', 'Un code vous a été envoyé par SMS.', 'Code de sécurité', 'Continuer'],
  es: ['Verificación en dos pasos', 'Te hemos enviado un código por SMS.', 'Código de seguridad', 'Continuar'],
  pt: ['Verificação em duas etapas', 'Enviámos um código para o seu telemóvel.', 'Código de segurança', 'Continuar'],
  it: ['Verifica in due passaggi', 'Ti abbiamo inviato un codice via SMS.', 'Codice di sicurezza', 'Continua'],
  nl: ['Verificatie in twee stappen', 'We hebben een code naar uw telefoon gestuurd.', 'Beveiligingscode', 'Doorgaan'],
  pl: ['Weryfikacja dwuetapowa', 'Wysłaliśmy kod na Twój telefon.', 'Kod jednorazowy', 'Kontynuuj'],
  ru: ['Двухэтапная аутентификация', 'Мы отправили код на ваш телефон.', 'Одноразовый код', 'Продолжить'],
  tr: ['İki adımlı doğrulama', 'Telefonunuza bir kod gönderdik.', 'Güvenlik kodu', 'Devam'],
  ja: ['2段階認証', '携帯電話にコードを送信しました。', '確認コード', '続ける'],
  zh: ['两步验证', '我们已向您的手机发送验证码。', '动态口令', '继续'],
  ko: ['2단계 인증', '휴대전화로 인증번호를 보냈습니다.', '보안 코드', '계속'],
  ar: ['التحقق بخطوتين', 'أرسلنا رمزا إلى هاتفك.', 'رمز الأمان', 'متابعة'],
};

const RIGHT_TO_LEFT = ['ar'];

type Shape = (label: string, name: string) => { markup: string; boxes: string[] };

/** How the boxes are made, from well to badly labelled. */
const SHAPES: Record<string, Shape> = {
  'one-time-code': (label) => ({
    markup: `<label for="c">${label}</label><input id="c" name="c" autocomplete="one-time-code" inputmode="numeric">`,
    boxes: ['#c'],
  }),
  label: (label) => ({
    markup: `<label>${label} <input class="box" type="text" name="field1"></label>`,
    boxes: ['.box'],
  }),
  placeholder: (label) => ({
    markup: `<input class="box" type="tel" name="f" placeholder="${label}">`,
    boxes: ['.box'],
  }),
  'aria-label': (label) => ({ markup: `<input class="box" type="number" aria-label="${label}">`, boxes: ['.box'] }),
  'text before': (label) => ({
    markup: `<div><span>${label}</span></div><div><input class="box" type="text" name="otpCode" maxlength="6"></div>`,
    boxes: ['.box'],
  }),
  'six boxes': () => ({
    markup: Array.from({ length: 6 }, (_, at) => `<input class="b${at}" type="tel" maxlength="1">`).join(''),
    boxes: Array.from({ length: 6 }, (_, at) => `.b${at}`),
  }),
};

/** Every shape in every language, with the usual things beside the boxes: a box to tick, a way to send it again. */
export const CODE_PAGES: readonly CodePage[] = Object.entries(TEXTS).flatMap(
  ([language, [heading, sentence, label, button]]) =>
    Object.entries(SHAPES).map(([shape, make]) => {
      const { markup, boxes } = make(label, language);
      const dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
      return {
        name: `${language}, ${shape}`,
        boxes,
        html: `<!doctype html><html lang="${language}" dir="${dir}"><title>${heading}</title><body>
        <form action="/search"><input type="search" name="q"></form>
        <main><h1>${heading}</h1><p>${sentence}</p>
        <form method="post" action="/second"><input type="hidden" name="csrf" value="x">${markup}
        <label><input type="checkbox" name="trust"> …</label><button type="submit">${button}</button></form>
        <a href="/again">…</a></main></body></html>`,
      };
    }),
);

/** Pages with one short field that is no code. */
export const OTHER_PAGES: readonly { name: string; html: string }[] = [
  ['coupon', '<label>Promo code <input name="coupon"></label><button>Apply</button>'],
  ['postcode', '<label>Postal code <input name="zip" maxlength="5"></label><button>Find a shop</button>'],
  ['phone', '<label>Phone number <input type="tel" name="phone"></label><button>Call me</button>'],
  ['search', '<input type="search" name="q" placeholder="Error code"><button>Search</button>'],
  ['quantity', '<label>Quantity <input type="number" name="n" max="99"></label><button>Add to cart</button>'],
  ['letters', '<label>E-mail <input type="email" name="e"></label><button>Subscribe</button>'],
].map(([name, form]) => ({
  name: String(name),
  html: `<!doctype html><title>Shop</title><body><h1>A shop</h1><form method="post">${form}</form></body>`,
}));
