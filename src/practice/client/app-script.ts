export interface AppSettings {
  /** Where the token lies; `cookie`: there is none, the browser sends the cookie. */
  store: 'localStorage' | 'sessionStorage' | 'indexedDB' | 'cookie';
  /** The form opens over the page after a click on the button in the corner. */
  modal: boolean;
  /** The address changes with the view. */
  navigate: boolean;
  base: string;
  query: string;
  /** Milliseconds until something is drawn. */
  renderMs: number;
  texts: Record<'signIn' | 'username' | 'password' | 'code' | 'verify' | 'signOut' | 'welcome' | 'account', string>;
}

/** The whole app. Runs in the visitor's page, sent as its own text: it may use nothing of this module. */
export function singlePageApp({ store, modal, navigate, base, query, renderMs, texts }: AppSettings): void {
  type Child = Node | string;
  const KEY = 'auth.token';
  const root = document.querySelector('#root') as HTMLElement;
  const corner = document.querySelector('#corner') as HTMLElement;

  const make = (tag: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const openTable = (): Promise<IDBObjectStore> =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open('auth', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('tokens');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => resolve(opening.result.transaction('tokens', 'readwrite').objectStore('tokens'));
    });
  const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const area = () => (store === 'sessionStorage' ? sessionStorage : localStorage);
  const readToken = async (): Promise<string | null> => {
    if (store === 'cookie') return null;
    if (store === 'indexedDB') return (await resultOf((await openTable()).get(KEY))) ?? null;
    return area().getItem(KEY);
  };
  const keepToken = async (token: string | null): Promise<void> => {
    if (store === 'cookie') return;
    if (store === 'indexedDB') {
      const table = await openTable();
      if (token) await resultOf(table.put(token, KEY));
      else await resultOf(table.delete(KEY));
    } else if (token) area().setItem(KEY, token);
    else area().removeItem(KEY);
  };

  const call = async (path: string, { body, token }: { body?: object; token?: string | null } = {}) => {
    const answer = await fetch(`${base}/api/${path}${query}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { ok: answer.ok, data: await answer.json() };
  };

  const field = (label: string, attributes: Record<string, string>) => {
    const input = make('input', { id: `f-${attributes.name}`, required: '', ...attributes }) as HTMLInputElement;
    return { input, nodes: [make('label', { for: input.id }, label), input] };
  };

  /** A form that is sent at most once at a time; `send` gives the words of a refusal, or null. */
  const formOf = (title: string, nodes: Child[], button: string, send: () => Promise<string | null>) => {
    const problem = make('div', { class: 'error', role: 'alert', hidden: '' });
    const submit = make('button', { type: 'submit' }, button) as HTMLButtonElement;
    const form = make('form', { novalidate: '' }, make('h1', {}, title), problem, ...nodes, submit);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (submit.disabled) return;
      submit.disabled = true;
      problem.hidden = true;
      const words = await send().catch(() => 'Something went wrong. Please try again later.');
      submit.disabled = false;
      problem.textContent = words;
      problem.hidden = words === null;
    });
    return form;
  };

  const place = (form: HTMLElement): void => {
    const open = root.querySelector('dialog');
    if (open) open.replaceChildren(form);
    else root.replaceChildren(make('section', { class: 'card' }, form));
    form.querySelector('input')?.focus();
  };

  const entered = async (token: string | undefined): Promise<null> => {
    await keepToken(token ?? null);
    await show();
    return null;
  };

  const askCode = (ticket: string): void => {
    const code = field(texts.code, {
      name: 'code',
      inputmode: 'numeric',
      autocomplete: 'one-time-code',
      maxlength: '6',
    });
    const send = async () => {
      const { ok, data } = await call('code', { body: { code: code.input.value }, token: ticket });
      return ok ? entered(data.token) : data.message;
    };
    place(formOf(texts.code, code.nodes, texts.verify, send));
  };

  const askPassword = (): void => {
    const username = field(texts.username, { name: 'username', autocomplete: 'username' });
    const password = field(texts.password, { name: 'password', type: 'password', autocomplete: 'current-password' });
    const send = async () => {
      const body = { username: username.input.value, password: password.input.value };
      const { ok, data } = await call('login', { body });
      if (!ok) return data.message;
      if (!data.next) return entered(data.token);
      askCode(data.ticket);
      return null;
    };
    place(formOf(texts.signIn, [...username.nodes, ...password.nodes], texts.signIn, send));
  };

  const front = (): void => {
    corner.replaceChildren();
    if (!modal) {
      askPassword();
      return;
    }
    const open = make('button', { type: 'button', 'aria-haspopup': 'dialog' }, texts.signIn);
    const dialog = make('dialog', {}) as HTMLDialogElement;
    corner.replaceChildren(open);
    root.replaceChildren(
      make('h1', {}, 'Letters, parcels and everything between'),
      make('p', {}, 'Sign in to see what is on its way to you.'),
      dialog,
    );
    open.addEventListener('click', () => {
      askPassword();
      dialog.showModal();
    });
  };

  const account = (name: string, token: string | null): void => {
    const out = make('button', { type: 'button' }, texts.signOut);
    out.addEventListener('click', async () => {
      await call('logout', { body: {}, token });
      await keepToken(null);
      await show();
    });
    corner.replaceChildren(make('span', {}, name, ' '), out);
    root.replaceChildren(
      make(
        'section',
        { class: 'card wide' },
        make('h1', {}, texts.account),
        make('p', {}, `${texts.welcome}, ${name}`),
        make('p', {}, 'Your next delivery comes on Thursday.'),
      ),
    );
  };

  const show = async (): Promise<void> => {
    const token = await readToken();
    const { ok, data } = token !== null || store === 'cookie' ? await call('me', { token }) : { ok: false, data: null };
    if (navigate) history.pushState(null, '', `${base}/${ok ? 'account' : 'login'}${query}`);
    if (ok) account(data.name, token);
    else front();
  };

  setTimeout(show, renderMs);
}
