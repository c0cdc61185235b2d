import type { ButtonView, CheckView, FieldView, FormView, MessageView, UnreadableView } from './observation.ts';

export interface FrameReading {
  title: string;
  lang: string;
  fields: Omit<FieldView, 'frame'>[];
  buttons: Omit<ButtonView, 'frame'>[];
  checks: Omit<CheckView, 'frame'>[];
  forms: Omit<FormView, 'frame'>[];
  messages: Omit<MessageView, 'frame'>[];
  headings: string[];
  lines: string[];
  captchas: string[];
  unreadable: Omit<UnreadableView, 'frame'>[];
  busy: boolean;
  refresh: number | null;
}

/** What a look leaves in the page until it is disposed of. */
export interface FrameLook {
  reading: FrameReading;
  elements: Element[];
  /** Whether a person sees an element. */
  shown: (element: Element) => boolean;
  /** Whether something else is painted over an element's middle. */
  isCovered: (element: Element) => boolean;
}

/**
 * Runs inside the page, once for each look: reads the document and every open shadow root. Self-contained, because its
 * source is what is sent. Returns the reading and the elements by `ref`, and leaves no trace in the page. `wide`: what
 * shows a hand under the pointer counts as a control too.
 */
export function readFrame(wide: boolean): FrameLook {
  const MAX_FIELDS = 400;
  // Links apart: a page full of them must not hide the one button of its form.
  const MAX_LINKS = 500;
  const MAX_BUTTONS = 500;
  const room = { links: MAX_LINKS, buttons: MAX_BUTTONS };
  const MAX_LINES = 500;
  const MAX_CHARACTERS = 40_000;
  const elements: Element[] = [];
  /** The mark of what was cut off is looked for when secrets are taken out. */
  const tidy = (text: string | null | undefined, max: number): string => {
    const whole = (text ?? '').replace(/\s+/g, ' ').trim();
    return whole.length > max ? `${whole.slice(0, max - 1)}…` : whole;
  };
  const reading: FrameReading = {
    title: tidy(document.title, 200),
    lang: document.documentElement.lang ?? '',
    fields: [],
    buttons: [],
    checks: [],
    forms: [],
    messages: [],
    headings: [],
    lines: [],
    captchas: [],
    unreadable: [],
    busy: false,
    refresh: null,
  };

  const roots: (Document | ShadowRoot)[] = [document];
  const components: Element[] = [];
  for (let index = 0; index < roots.length && roots.length < 200; index += 1) {
    for (const host of roots[index]?.querySelectorAll('*') ?? []) {
      if (host.shadowRoot) roots.push(host.shadowRoot);
      else if (host.localName.includes('-')) components.push(host);
    }
  }
  const all = <T extends Element>(selector: string): T[] =>
    roots.flatMap((root) => [...root.querySelectorAll<T>(selector)]);

  const clipped = (style: CSSStyleDeclaration): boolean =>
    /^rect\((0|1)px,? ?(0|1)px,? ?(0|1)px,? ?(0|1)px\)$/.test(style.clip) ||
    (style.position === 'absolute' && /^inset\((50|100)%/.test(style.clipPath));
  const shown = (element: Element): boolean => {
    const box = element.getBoundingClientRect();
    if (box.width < 3 || box.height < 3) return false;
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0) return false;
    for (let at: Element | null = element, depth = 0; at && depth < 6; at = at.parentElement, depth += 1) {
      const style = getComputedStyle(at);
      if (clipped(style)) return false;
      if (style.overflow === 'hidden') {
        const outer = at.getBoundingClientRect();
        if (outer.width < 3 || outer.height < 3) return false;
      }
    }
    return true;
  };
  const boxOf = (element: Element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return {
      x: Math.round(x + scrollX),
      y: Math.round(y + scrollY),
      width: Math.round(width),
      height: Math.round(height),
    };
  };
  const isCovered = (element: Element): boolean => {
    const box = element.getBoundingClientRect();
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return false;
    const root = element.getRootNode() as Document | ShadowRoot;
    const top = root.elementFromPoint(x, y);
    if (!top || top === element || element.contains(top) || top.contains(element)) return false;
    const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
    if (labels.some((label) => label === top || label.contains(top))) return false;
    // A sibling laid over the field (a floating label, an eye) belongs to it; a dialog or banner does not.
    const holder = element.parentElement?.parentElement ?? element.parentElement;
    return !(holder?.contains(top) ?? false);
  };

  const formNumbers = new Map<Element, number>();
  for (const form of all<HTMLFormElement>('form')) {
    const action = form.getAttribute('action') ?? '';
    let target = location.href;
    try {
      target = new URL(action, document.baseURI).href;
    } catch {
      // An address that does not parse posts to nowhere we know.
    }
    const number = formNumbers.size;
    formNumbers.set(form, number);
    reading.forms.push({
      form: number,
      method: (form.getAttribute('method') ?? 'get').toLowerCase(),
      action: target.split(/[?#]/)[0] ?? '',
      words: tidy(`${form.id} ${form.getAttribute('name') ?? ''} ${form.getAttribute('class') ?? ''} ${action}`, 300),
      heading: tidy(form.querySelector('h1,h2,h3,h4,legend')?.textContent, 120),
    });
  }
  const formOf = (element: Element): number | null => {
    const form = 'form' in element ? (element as HTMLInputElement).form : null;
    const found = form ?? element.closest('form');
    return found ? (formNumbers.get(found) ?? null) : null;
  };

  const labelOf = (element: Element): string => {
    const root = element.getRootNode() as Document | ShadowRoot;
    const labelled = (element.getAttribute('aria-labelledby') ?? '')
      .split(/\s+/)
      .filter(Boolean)
      .map((id) => root.getElementById(id)?.textContent ?? '');
    const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
    const own = labels.map((label) => label.textContent ?? '');
    return tidy([element.getAttribute('aria-label') ?? '', ...labelled, ...own].join(' '), 160);
  };
  const nearOf = (element: Element): string => {
    for (let at: Element | null = element, depth = 0; at && depth < 4; at = at.parentElement, depth += 1) {
      for (let before = at.previousSibling; before; before = before.previousSibling) {
        if (before instanceof Element && before.querySelector('input,select,textarea,button')) return '';
        if (before instanceof Element && /^(script|style|input|select|textarea|button)$/i.test(before.tagName)) {
          if (/^(script|style)$/i.test(before.tagName) || (before as HTMLInputElement).type === 'hidden') continue;
          return '';
        }
        const text = tidy(before.textContent, 100);
        if (text) return text;
      }
      if (/^(form|body|table|fieldset)$/i.test(at.tagName)) return '';
    }
    return '';
  };
  const nameOfPicture = (element: Element): string => {
    const picture = element.querySelector('img[alt],svg title,[aria-label],[title]');
    return picture
      ? (picture.getAttribute('alt') ??
          picture.getAttribute('aria-label') ??
          picture.getAttribute('title') ??
          picture.textContent ??
          '')
      : '';
  };

  const SKIPPED = /^(hidden|checkbox|radio|file|range|color|submit|button|image|reset)$/;
  const HEADINGS = 'h1,h2,h3,h4,legend,[role="heading"]';
  const CONTROLS =
    'input,textarea,select,button,[role="button"],[role="link"],[role="menuitem"],a[href],a[onclick],[onclick],summary';
  const hand = (element: Element | null): boolean =>
    element !== null && element !== document.body && getComputedStyle(element).cursor === 'pointer';
  // The outermost with the hand: what lies in it belongs to it, and so does what holds or labels a real control.
  const likeControl = (element: HTMLElement): boolean =>
    hand(element) &&
    !hand(element.parentElement) &&
    !element.closest(`label,${CONTROLS}`) &&
    !element.querySelector(CONTROLS);
  // Asking for a style costs: on a huge page only so often.
  let looks = 5_000;
  let order = 0;
  let heading = '';
  for (const element of all<HTMLElement>(wide ? '*' : `${HEADINGS},${CONTROLS}`)) {
    if (wide && !element.matches(`${HEADINGS},${CONTROLS}`) && (--looks < 0 || !likeControl(element))) continue;
    if (element.matches(HEADINGS)) {
      heading = tidy(element.textContent, 120) || heading;
      continue;
    }
    const tag = element.tagName.toLowerCase();
    const input = element as HTMLInputElement;
    const type = tag === 'input' ? input.type : '';
    order += 1;
    if (/^(checkbox|radio)$/.test(type) && reading.checks.length < MAX_FIELDS) {
      reading.checks.push({
        kind: type === 'radio' ? 'option' : 'box',
        ref: elements.push(element) - 1,
        order,
        name: tidy(`${input.name} ${element.id}`, 100),
        label: labelOf(element) || tidy(element.parentElement?.textContent, 160),
        checked: input.checked,
        form: formOf(element),
      });
    } else if (tag === 'textarea' || tag === 'select' || (tag === 'input' && !SKIPPED.test(type))) {
      if (reading.fields.length >= MAX_FIELDS) continue;
      const visible = shown(element);
      reading.fields.push({
        ref: elements.push(element) - 1,
        order,
        tag: tag as 'input' | 'textarea' | 'select',
        type,
        name: tidy(input.name, 100),
        id: tidy(element.id, 100),
        autocomplete: tidy(element.getAttribute('autocomplete'), 60).toLowerCase(),
        placeholder: tidy(input.placeholder, 120),
        label: labelOf(element),
        title: tidy(element.title, 120),
        near: nearOf(element),
        heading,
        input_mode: tidy(element.inputMode, 20),
        max_length: tag === 'input' ? input.maxLength : -1,
        value_length: tag === 'select' ? 0 : input.value.length,
        visible,
        covered: visible && isCovered(element),
        disabled: input.disabled,
        read_only: input.readOnly === true,
        invalid: element.getAttribute('aria-invalid') === 'true',
        form: formOf(element),
        box: boxOf(element),
      });
    } else if (tag !== 'input' || /^(submit|button|image)$/.test(type)) {
      const sort = tag === 'a' || tag === 'li' ? 'links' : 'buttons';
      if (room[sort] === 0) continue;
      room[sort] -= 1;
      const visible = shown(element);
      const text = tidy(
        tag === 'input'
          ? input.value || input.alt || (type === 'submit' ? 'Submit' : '')
          : element.innerText || element.textContent,
        100,
      );
      const name = text || tidy(element.getAttribute('aria-label') || element.title || nameOfPicture(element), 100);
      const href = tag === 'a' ? (element.getAttribute('href') ?? '') : '';
      reading.buttons.push({
        ref: elements.push(element) - 1,
        order,
        tag,
        type: tag === 'button' ? ((element as HTMLButtonElement).type ?? '') : type,
        text: tidy(
          `${name} ${text && element.getAttribute('aria-label') !== text ? (element.getAttribute('aria-label') ?? '') : ''}`,
          160,
        ),
        name: tidy(element.getAttribute('name'), 100),
        id: tidy(
          `${element.id} ${element.getAttribute('data-testid') ?? ''} ${element.getAttribute('class') ?? ''}`,
          160,
        ),
        href: href.slice(0, 300),
        visible,
        covered: visible && isCovered(element),
        disabled: (element as HTMLButtonElement).disabled === true || element.getAttribute('aria-disabled') === 'true',
        form: formOf(element),
        box: boxOf(element),
      });
    }
  }

  const SPEAKS = '[role="alert"],[role="alertdialog"],[aria-live="assertive"],[aria-live="polite"],[role="status"]';
  const NAMED = /error|alert|invalid|warning|danger|feedback|toast|notification|message|help-block|flash/i;
  const say = (element: Element, kind: MessageView['kind']): void => {
    if (reading.messages.length >= 60 || !(element instanceof HTMLElement) || !shown(element)) return;
    if (element.querySelector('input,select,textarea') || element.matches('input,select,textarea,form,body,html'))
      return;
    const text = tidy(element.innerText, 400);
    if (text && !reading.messages.some((message) => message.text === text)) reading.messages.push({ text, kind });
  };
  for (const element of all(SPEAKS)) say(element, 'alert');
  for (const field of all('[aria-invalid="true"]')) {
    const root = field.getRootNode() as Document | ShadowRoot;
    for (const id of `${field.getAttribute('aria-describedby') ?? ''} ${field.getAttribute('aria-errormessage') ?? ''}`.split(
      /\s+/,
    )) {
      const described = id ? root.getElementById(id) : null;
      if (described) say(described, 'invalid');
    }
  }
  // Matched here: two dozen selectors that look inside attributes take longer than all the rest on a large page.
  for (const element of all('[class],[id]')) {
    if (NAMED.test(`${element.getAttribute('class') ?? ''} ${element.id}`)) say(element, 'error');
  }

  for (const heading of all<HTMLElement>('h1,h2,h3,legend,[role="heading"]').slice(0, 40)) {
    const text = shown(heading) ? tidy(heading.innerText, 160) : '';
    if (text) reading.headings.push(text);
  }
  const LARGE = 60_000;
  let characters = 0;
  const readLines = (text: string): void => {
    for (const line of text.split('\n')) {
      characters += line.length;
      if (characters > MAX_CHARACTERS || reading.lines.length >= MAX_LINES) return;
      const clean = tidy(line, 300);
      if (clean) reading.lines.push(clean);
    }
  };
  // A large page is read piece by piece until there is enough: its whole text would take seconds.
  const readText = (holder: HTMLElement): void => {
    if (characters > MAX_CHARACTERS || reading.lines.length >= MAX_LINES) return;
    // What is not rendered, such as a script, would give its source.
    if (!holder.checkVisibility()) return;
    if ((holder.textContent?.length ?? 0) <= LARGE) {
      readLines(holder.innerText);
      return;
    }
    for (const child of holder.childNodes) {
      if (child instanceof HTMLElement) readText(child);
      else if (child instanceof Text && child.length <= LARGE) readLines(child.data);
    }
  };
  for (const root of roots) {
    characters = 0;
    const holders = root instanceof Document ? [root.body] : [...root.children];
    for (const holder of holders) if (holder instanceof HTMLElement) readText(holder);
  }

  const CAPTCHAS: [string, string][] = [
    [
      'recaptcha',
      'iframe[src*="recaptcha/api2/anchor"],iframe[src*="recaptcha/enterprise/anchor"],iframe[src*="recaptcha/api2/bframe"],.g-recaptcha',
    ],
    ['hcaptcha', 'iframe[src*="hcaptcha.com"],.h-captcha'],
    ['turnstile', 'iframe[src*="challenges.cloudflare.com"],.cf-turnstile'],
    ['arkose', 'iframe[src*="arkoselabs"],iframe[src*="funcaptcha"]'],
    [
      'picture',
      'img[src*="captcha" i],img[alt*="captcha" i],canvas[id*="captcha" i],input[name*="captcha" i],input[id*="captcha" i]',
    ],
  ];
  for (const [kind, selector] of CAPTCHAS) {
    const seen = all(selector).some((element) => {
      const box = element.getBoundingClientRect();
      return shown(element) && box.width >= 60 && box.height >= 20 && !element.closest('.grecaptcha-badge');
    });
    if (seen) reading.captchas.push(kind);
  }

  const MAX_UNREADABLE = 20;
  const cannotRead = (kind: UnreadableView['kind'], element: Element, text: string): void => {
    const name = tidy(element.getAttribute('aria-label') || element.getAttribute('name') || element.id, 60);
    if (reading.unreadable.length < MAX_UNREADABLE) reading.unreadable.push({ kind, text: text || name });
  };
  // A closed root cannot be seen, but a component that takes room and has nothing in it has it somewhere else.
  for (const component of components) {
    const box = component.getBoundingClientRect();
    const empty = component.childElementCount === 0 && tidy(component.textContent, 1) === '';
    if (empty && customElements.get(component.localName) && box.width >= 60 && box.height >= 16 && shown(component)) {
      cannotRead('closed_shadow_root', component, component.localName);
    }
  }
  for (const canvas of all('canvas')) {
    const box = canvas.getBoundingClientRect();
    if (box.width >= 200 && box.height >= 80 && shown(canvas)) cannotRead('canvas', canvas, '');
  }
  for (const field of reading.fields) {
    const element = elements[field.ref];
    if (element && field.type === 'password' && !field.visible) cannotRead('not_rendered', element, field.label);
  }
  const BUSY =
    '[aria-busy="true"],[role="progressbar"],progress,[class*="spinner" i],[class*="loader" i],[class*="loading" i]';
  // HTML, the refresh pragma: seconds, and where to.
  const pragma = document.querySelector<HTMLMetaElement>('meta[http-equiv=refresh i][content*="url" i]')?.content ?? '';
  const refresh = /^\s*(\d+)/.exec(pragma);
  if (refresh) reading.refresh = Number(refresh[1]);
  reading.busy = all(BUSY).slice(0, 20).some(shown);
  return { reading, elements, shown, isCovered };
}
