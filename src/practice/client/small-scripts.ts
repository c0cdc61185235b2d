/*
 * Scripts that run in the visitor's page. Each function is sent as its own text: it may use nothing of this module.
 */

/** The button beside the password shows and hides it. */
export function showPassword(): void {
  const button = document.currentScript?.previousElementSibling;
  const field = document.querySelector<HTMLInputElement>('#password');
  button?.addEventListener('click', () => {
    if (!field) return;
    field.type = field.type === 'password' ? 'text' : 'password';
    button.textContent = field.type === 'password' ? 'Show' : 'Hide';
    button.setAttribute('aria-label', `${button.textContent} password`);
  });
}

/** Hides the banner once it was answered. `key` is where the answer is kept. */
export function wireBanner(key: string): void {
  const banner = document.querySelector<HTMLElement>('#cookies');
  if (!banner) return;
  banner.hidden = localStorage.getItem(key) !== null;
  for (const button of banner.querySelectorAll<HTMLElement>('button')) {
    button.addEventListener('click', () => {
      localStorage.setItem(key, button.dataset.choice ?? '');
      banner.hidden = true;
    });
  }
}

/** Boxes of one digit each: typing goes on to the next, pasting fills all; `send` posts the form when all are full. */
export function wireBoxes({ send }: { send: boolean }): void {
  const form = document.currentScript?.closest('form');
  const boxes = [...(form?.querySelectorAll<HTMLInputElement>('.boxes input') ?? [])];
  const whole = form?.querySelector<HTMLInputElement>('input[name=code]');
  if (!form || !whole) return;
  const changed = () => {
    whole.value = boxes.map((box) => box.value).join('');
    if (send && whole.value.length === boxes.length) form.requestSubmit();
  };
  for (const [index, box] of boxes.entries()) {
    box.addEventListener('input', () => {
      box.value = box.value.replace(/\D/g, '').slice(-1);
      if (box.value) boxes[index + 1]?.focus();
      changed();
    });
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Backspace' && !box.value) boxes[index - 1]?.focus();
    });
    box.addEventListener('paste', (event) => {
      event.preventDefault();
      const digits = (event.clipboardData?.getData('text') ?? '').replace(/\D/g, '');
      for (const [at, other] of boxes.entries()) other.value = digits[at] ?? '';
      changed();
    });
  }
  boxes[0]?.focus();
}

/** Sends the name to `address`, then shows the password's field; the next submission is the browser's own. */
export function revealPassword({ address, signIn }: { address: string; signIn: string }): void {
  const form = document.currentScript?.closest('form');
  const second = form?.querySelector<HTMLElement>('#second');
  const problem = form?.querySelector<HTMLElement>('#problem');
  if (!form || !second || !problem) return;
  let asked = false;
  form.addEventListener('submit', async (event) => {
    if (!second.hidden) return;
    event.preventDefault();
    if (asked) return;
    asked = true;
    const pairs = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await fetch(address, { method: 'POST', body: new URLSearchParams(pairs) });
    asked = false;
    problem.hidden = answer.ok;
    if (!answer.ok) problem.textContent = 'Please reload the page.';
    if (!answer.ok) return;
    second.hidden = false;
    const button = form.querySelector('button');
    if (button) button.textContent = signIn;
    second.querySelector('input')?.focus();
  });
}

/** Goes on to another page by itself; `top`: out of the frame. */
export function goTo({ address, top, afterMs }: { address: string; top: boolean; afterMs: number }): void {
  const where = top ? window.top : window;
  setTimeout(() => {
    if (where) where.location.href = address;
  }, afterMs);
}
