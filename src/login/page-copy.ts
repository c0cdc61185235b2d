/** How a copy is called on its way to main, which makes a page of it. */
export const PAGE_COPY = 'page.json';

/**
 * A page as it stood, reduced to what recognition goes by: plain data without scripts, styles, values of fields or
 * addresses' queries. It may still quote a secret that the site wrote into its text; main takes that out.
 */
export interface PageCopy {
  /** The page kind and the roles that were found, as one look saw them. */
  seen: { kind: string; roles: string[] };
  /** Origin and path. */
  url: string;
  document: DocumentCopy;
}

export interface DocumentCopy {
  title: string;
  lang: string;
  dir: string;
  body: ElementCopy;
}

export interface ElementCopy {
  tag: string;
  attributes: Record<string, string>;
  children: (ElementCopy | string)[];
  /** Nothing of it was shown. */
  hidden?: true;
  /** Width and height of an element that takes room and has nothing in it. */
  size?: [number, number];
  /** What is in its open shadow root. */
  shadow?: (ElementCopy | string)[];
  /** Number of an inner frame among those of its document. */
  frame?: number;
  /** The document of that frame. */
  document?: DocumentCopy;
}

interface Limits {
  /** Elements besides those that lead to a control. */
  elements: number;
  /** Characters of text in all. */
  characters: number;
}

/**
 * Runs inside the page, with what a look left there. Self-contained, because its source is what is sent. What is too long
 * is left out and never cut: half a secret would not be known as one.
 */
export function copyDocument(
  { shown }: { shown: (element: Element) => boolean },
  limits: Limits,
): { document: DocumentCopy; frames: Element[] } {
  const MAX_TEXT = 4_000;
  const MAX_ATTRIBUTE = 1_000;
  const MAX_DEPTH = 200;
  const MAX_CONTROLS = 1_500;
  const LEFT_OUT =
    /^(script|style|link|meta|base|title|head|noscript|template|object|embed|param|source|track|option|optgroup)$/;
  const KEPT =
    /^(type|name|id|class|for|autocomplete|placeholder|title|alt|role|lang|dir|inputmode|maxlength|disabled|readonly|required|multiple|open|method|aria-(label|labelledby|describedby|errormessage|invalid|live|disabled|required|expanded|modal))$/;
  const CONTROLS = 'input,textarea,select,button,form,label,iframe,h1,h2,h3,h4,legend,[role="button"],[role="alert"]';
  const CLICKED = 'input,textarea,select,button,a,summary,[role="button"],[role="link"],[onclick]';
  const frames: Element[] = [];
  let room = limits.elements;
  let characters = limits.characters;

  // A large page is left out in pieces, but never what leads to a control.
  const needed = new Set<Element>();
  const roots: (Document | ShadowRoot)[] = [document];
  for (let at = 0; at < roots.length && roots.length < 200; at += 1) {
    for (const element of roots[at]?.querySelectorAll('*') ?? [])
      if (element.shadowRoot) roots.push(element.shadowRoot);
  }
  for (const control of roots.flatMap((root) => [...root.querySelectorAll(CONTROLS)]).slice(0, MAX_CONTROLS)) {
    for (let at: Element | null = control; at && !needed.has(at); ) {
      needed.add(at);
      const root: Node = at.getRootNode();
      at = at.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
    }
  }

  const withoutQuery = (address: string): string => {
    if (/^\s*(#|javascript:)/i.test(address)) return '#';
    const scheme = /^\s*(mailto|tel|sms|data|blob):/i.exec(address)?.[1];
    if (scheme) return `${scheme.toLowerCase()}:`;
    return (address.split(/[?#;]/)[0] ?? '').replace(/^((?:[a-z]+:)?\/\/)[^/@]*@/i, '$1') || (address ? './' : '');
  };
  const formNames = new Map<Element, string>();
  const nameOfForm = (form: Element): string => {
    // Not `form.id`: a field of that name would stand in its place.
    const name = form.getAttribute('id') || formNames.get(form) || `form-${formNames.size + 1}`;
    formNames.set(form, name);
    return name;
  };
  const attributesOf = (element: Element): Record<string, string> => {
    const kept: Record<string, string> = {};
    for (const { name, value } of element.attributes) {
      if (KEPT.test(name) && value.length <= MAX_ATTRIBUTE) kept[name] = value;
    }
    for (const name of ['href', 'action']) {
      const address = element.getAttribute(name);
      if (address !== null && address.length <= MAX_ATTRIBUTE) kept[name] = withoutQuery(address);
    }
    if (element.hasAttribute('onclick')) kept.onclick = '';
    const input = element as HTMLInputElement;
    if (element.localName === 'input' && /^(submit|button|reset)$/.test(input.type) && input.hasAttribute('value'))
      kept.value = input.value;
    if (element.localName === 'form') kept.id = nameOfForm(element);
    // A parser ties a field to a form that does not hold it; written out, that takes a name.
    const form = 'form' in element && element.localName !== 'label' ? input.form : null;
    if (form instanceof Element && form !== element.closest('form')) kept.form = nameOfForm(form);
    if (element.localName === 'img' && /captcha/i.test(element.getAttribute('src') ?? '')) kept.src = 'captcha';
    if (element.localName === 'iframe') kept.src = withoutQuery(element.getAttribute('src') ?? '');
    return kept;
  };
  const sizeOf = (element: Element): [number, number] => {
    const { width, height } = element.getBoundingClientRect();
    return [Math.round(width), Math.round(height)];
  };

  // Text that only programs read aloud stands in a box of one pixel.
  const clipped = (element: Element): boolean => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && width < 3 && height < 3;
  };

  type Copied = { node: ElementCopy; shows: boolean };
  const within = (parent: Element | ShadowRoot, depth: number): { nodes: (ElementCopy | string)[]; shows: boolean } => {
    const nodes: (ElementCopy | string)[] = [];
    let shows = false;
    const holder = parent instanceof ShadowRoot ? parent.host : parent;
    for (const child of parent.childNodes) {
      if (child instanceof Text) {
        const text = child.data.replace(/\s+/g, ' ');
        if (text === '' || text.length > MAX_TEXT || text.length > characters) continue;
        characters -= text.length;
        const written = text.trim() !== '';
        const visible = holder.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
        const range = document.createRange();
        range.selectNodeContents(child);
        if (written && visible && range.getClientRects().length > 0) shows = true;
        nodes.push(written && !visible ? { tag: 'span', attributes: {}, children: [text], hidden: true } : text);
      } else if (child instanceof Element) {
        const found = copy(child, depth + 1);
        if (found) nodes.push(found.node);
        if (found?.shows) shows = true;
      }
    }
    return { nodes, shows };
  };
  const copy = (element: Element, depth: number): Copied | null => {
    const tag = element.localName;
    if (depth > MAX_DEPTH || LEFT_OUT.test(tag) || !/^[a-z][a-z0-9-]*$/.test(tag)) return null;
    if (!needed.has(element)) {
      if (room <= 0) return null;
      room -= 1;
    }
    const leaf = /^(input|textarea|select|img|canvas|video|audio|iframe|svg|br|hr|wbr)$/.test(tag);
    const inner = leaf ? { nodes: [], shows: false } : within(element, depth);
    const shadow = element.shadowRoot ? within(element.shadowRoot, depth) : null;
    const self = shown(element);
    if (tag === 'svg') {
      const title = element.querySelector('title')?.textContent ?? '';
      if (title !== '' && title.length <= MAX_TEXT)
        inner.nodes.push({ tag: 'title', attributes: {}, children: [title] });
    }
    const holds = inner.shows || (shadow?.shows ?? false);
    const shows = self || (holds && !element.matches(CLICKED) && !clipped(element));
    const bare = inner.nodes.length === 0 && shadow === null && !/^(input|textarea|select|br|hr|wbr)$/.test(tag);
    return {
      node: {
        tag,
        attributes: attributesOf(element),
        children: inner.nodes,
        ...(!shows && tag !== 'body' && { hidden: true }),
        ...(self && (bare || tag === 'svg') && { size: sizeOf(element) }),
        ...(shadow && { shadow: shadow.nodes }),
        ...(tag === 'iframe' && { frame: frames.push(element) - 1 }),
      },
      shows,
    };
  };
  const body = copy(document.body, 0)?.node ?? { tag: 'body', attributes: {}, children: [] };
  const html = document.documentElement;
  return {
    document: {
      title: document.title.length <= MAX_TEXT ? document.title : '',
      lang: html.lang.slice(0, 40),
      dir: html.dir.slice(0, 10),
      body,
    },
    frames,
  };
}
