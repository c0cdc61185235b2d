/** Words that names, states and sentences of ours and of any login page are made of. */
const WORDS = new Set(
  `access account accounts action active address admin alert allowed answer api app approval artifact at attempt auth
  authenticator authorization block blocked body bot browser button canceled cancelled captcha card change channel check
  classic code codes company completed continue cookie cookies created credential credentials custom data database
  default demo denied details device digits domain email end ended enter error event events evidence expected extra
  failed failure false field fields final finished first forgot form found frame from goal guest hello home host http
  https identifier image in input internal invalid invite is key keys kind label last limit link list local locked log
  logged login logout mail main manager message method missing mobile name new next no none not note null number of off
  office ok on online open organization origin other page part pass passed passkey password passwords passwort path
  pending phone pin planner port portal profile profiles public queued read reason recovery register rejected remember
  request reset result root rule rules run running runs save saved secret secrets security seed sent server service
  session sessions setup sign signal signin site start started state status step steps stage submit submitted success
  support system temporary tenant terminated test text the time timeout title to token tokens totp trouble true type
  undefined unknown update url user username users value vault vaults verify verdict version wait warning web weight
  welcome workflow world wrong yes you your`.split(/\s+/),
);

/**
 * Whether a secret is a word that stands in ordinary sentences, names and states. Taking it out wherever it stands would
 * destroy what is read and show what the secret is: every gap would be where the word belongs.
 */
export function isCommonWord(value: string): boolean {
  return WORDS.has(value.toLowerCase());
}

const OPENING = /["'`“”„«‹‘‚([{<>|]\s?$/u;
const CLOSING = /^\s?["'`”“»›’)\]}<>|]/u;

/** Whether what stands from `start` to `end` is shown as a value: alone, in quotes or brackets, or named by a colon. */
export function standsMarkedOff(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start);
  const after = text.slice(end, end + 2);
  if (OPENING.test(before)) return CLOSING.test(after);
  if (/[:=]\s?$/.test(before)) return /^(?:$|&|[.,;!?](?:\s|$))/.test(after);
  return text.slice(0, start).trim() === '' && text.slice(end).trim() === '';
}

/** The text with `mark` wherever the secret stands; instead of a common word only where it is shown as a value. */
export function withoutSecret(text: string, secret: string, mark: string): string {
  if (!isCommonWord(secret)) return text.replaceAll(secret, mark);
  let clean = '';
  let end = 0;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    if (!standsMarkedOff(text, at, at + secret.length)) continue;
    clean += text.slice(end, at) + mark;
    end = at + secret.length;
  }
  return clean + text.slice(end);
}
