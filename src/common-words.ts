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
function isCommonWord(value: string): boolean {
  return WORDS.has(value.toLowerCase());
}

const OPENING = '["\'`“”„«‹‘‚([{<>|]';
const CLOSING = '["\'`”“»›’)\\]}<>|]';

/**
 * Where a common word is shown as a value: alone, in quotes or brackets, or named by a colon. Null for any other value,
 * which is a secret wherever it stands. Matches the word only.
 */
export function valuePattern(value: string, flags = 'gu'): RegExp | null {
  if (!isCommonWord(value)) return null;
  const places = [
    `(?<=${OPENING}\\s?)${value}(?=\\s?${CLOSING})`,
    `(?<=[:=]\\s?)${value}(?=$|&|[.,;!?](?:\\s|$))`,
    `(?<=^\\s*)${value}(?=\\s*$)`,
  ];
  return new RegExp(places.join('|'), flags);
}

/** The text with `mark` wherever the secret stands; instead of a common word only where it is shown as a value. */
export function withoutSecret(text: string, secret: string, mark: string): string {
  return text.replaceAll(valuePattern(secret) ?? secret, () => mark);
}
