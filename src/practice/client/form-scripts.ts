/*
 * Scripts of single forms. Each function runs in the visitor's page and is sent as its own text: it may use nothing of
 * this module.
 */

/** A component that keeps its form to itself. */
export function closedPanel({ markup }: { markup: string }): void {
  customElements.define(
    'closed-panel',
    class extends HTMLElement {
      constructor() {
        super();
        this.attachShadow({ mode: 'closed' }).innerHTML = `<style>:host{display:block}</style>${markup}`;
      }
    },
  );
}

/** Sends the form by script. A refusal is a message that is gone after 300 ms, or nothing but a mark at the field. */
export function sendByScript({ refusal }: { refusal: 'toast' | 'invalid' }): void {
  const form = document.querySelector<HTMLFormElement>('form[method=post]');
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(pairs) });
    if (answer.redirected) {
      location.href = answer.url;
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (refusal === 'invalid') {
      form.querySelector('#password')?.setAttribute('aria-invalid', 'true');
      return;
    }
    const toast = document.createElement('div');
    toast.className = 'toast';
    toast.textContent = page.querySelector('.error')?.textContent ?? '';
    document.body.append(toast);
    setTimeout(() => toast.remove(), 300);
  });
}

/** Posts the page's form by itself after a while. */
export function sendForm({ afterMs }: { afterMs: number }): void {
  setTimeout(() => document.querySelector('form')?.submit(), afterMs);
}

/** The button opens the form in a window; when that says it is done, the page goes on to the account. */
export function openWindow({ form, account }: { form: string; account: string }): void {
  document.querySelector('main button')?.addEventListener('click', () => {
    window.open(form, 'sign-in', 'width=480,height=640');
  });
  window.addEventListener('message', ({ data, origin }) => {
    if (data === 'signed-in' && origin === location.origin) location.href = account;
  });
}

/** Tells the page that opened this window that the login is done, and closes it. */
export function tellOpener(): void {
  window.opener?.postMessage('signed-in', location.origin);
  window.close();
}

/** Sends the form by script and hands the answer to the page around this frame. */
export function signInFromFrame({ site }: { site: string }): void {
  const form = document.querySelector('form');
  const problem = document.querySelector<HTMLElement>('.error');
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await fetch(location.href, { method: 'POST', body: new URLSearchParams(pairs) });
    const { code, message } = await answer.json();
    if (code) window.parent.postMessage({ code }, site);
    if (!problem) return;
    problem.hidden = !message;
    problem.textContent = message ?? '';
  });
}

/** Logs in with what the frame of the provider hands over. */
export function takeFromFrame({ provider, address }: { provider: string; address: string }): void {
  window.addEventListener('message', ({ data, origin }) => {
    if (origin === provider && data?.code)
      location.href = `${address}?${new URLSearchParams({ code: data.code, state: 'x' })}`;
  });
}
