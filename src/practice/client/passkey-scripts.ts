/*
 * Scripts that run in the visitor's page. Each is sent as its own text: it may use nothing of this module.
 */

export interface PasskeyCalls {
  begin: string;
  finish: string;
  /** Whether a button asks, or the page as it loads: in the open, or for the browser's own list (conditional UI). */
  asks: 'button' | 'load' | 'conditional';
  /** How long after it loaded the page asks by itself, in milliseconds. */
  waits: number;
  /** How long the page stays as it is after the site let somebody in, in milliseconds. */
  lingers: number;
}

/** Asks for a passkey and goes where the site says, or shows its words. */
export function askForPasskey({ begin, finish, asks, waits, lingers }: PasskeyCalls): void {
  const call = async (address: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const say = (words: string) => {
    const box = document.getElementById('passkey-problem');
    if (box) box.textContent = words;
    box?.removeAttribute('hidden');
  };
  const ask = async (mediation?: 'conditional') => {
    const name = document.querySelector<HTMLInputElement>('#username');
    const options = await call(begin, { username: name?.value ?? '' });
    if (options.message) return say(options.message);
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const given = await navigator.credentials.get({ publicKey, ...(mediation && { mediation }) }).catch(() => null);
    if (!given) return mediation || say('Nothing was chosen.');
    const { next, message } = await call(finish, { answer: JSON.stringify(given) });
    if (next) setTimeout(() => location.assign(next), lingers);
    else say(message);
  };
  document.getElementById('passkey')?.addEventListener('click', () => void ask());
  if (asks === 'load') void ask();
  if (asks === 'conditional') setTimeout(() => void ask('conditional'), waits);
}

/** Makes a passkey for who is signed in. */
export function makePasskey({ begin, finish }: { begin: string; finish: string }): void {
  document.getElementById('make')?.addEventListener('click', async () => {
    const headers = { 'content-type': 'application/json' };
    const options = await (await fetch(begin, { method: 'POST', headers, body: '{}' })).json();
    const made = await navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
    });
    const body = JSON.stringify({ answer: JSON.stringify(made) });
    const { message } = await (await fetch(finish, { method: 'POST', headers, body })).json();
    const box = document.getElementById('made');
    if (box) box.textContent = message;
  });
}
