/** What is looked for in a page, as plain data. */
export interface Wanted {
  /** Forms of secrets: in lower case, without white space. */
  forms: string[];
  /** Sources of patterns for those that are no secret wherever they stand. */
  patterns: string[];
  /** The attribute that marks an element which shows one. */
  attribute: string;
}

/**
 * Marks the smallest elements of a document, open shadow trees included, in which something wanted is shown: in their
 * text, also where it is split over several, in pictures made of it, and in what style sheets put before and after.
 * Returns how many were not marked yet. Runs in the page and uses nothing from around it.
 */
export function markSecrets({ forms, patterns, attribute }: Wanted): number {
  const HIDDEN = /^(script|style|template|noscript|head|link|meta|title)$/;
  const squeeze = (text: string): string => text.replace(/\s+/g, '').toLowerCase();
  const roots: (Document | ShadowRoot)[] = [document];
  const words: string[] = [];
  for (const root of roots) {
    words.push(root instanceof Document ? (root.documentElement?.textContent ?? '') : (root.textContent ?? ''));
    for (const element of root.querySelectorAll('*')) {
      for (const { value } of element.attributes) words.push(value);
      if (element.shadowRoot) roots.push(element.shadowRoot);
    }
  }
  const all = squeeze(words.join('\n'));
  const shown = forms.filter((form) => all.includes(form));
  const places = patterns.map((source) => new RegExp(source, 'u'));
  if (shown.length === 0 && places.length === 0) return 0;
  const holds = (text: string | null | undefined): boolean => {
    if (!text) return false;
    const squeezed = squeeze(text);
    return shown.some((form) => squeezed.includes(form)) || places.some((place) => place.test(text));
  };

  const boxOf = (node: Node): DOMRect => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return range.getBoundingClientRect();
  };
  /** An element's box may be smaller than what it shows: then the first around it that is large enough. */
  const covering = (element: Element, box: DOMRect): Element => {
    let at: Element = element;
    for (;;) {
      const { left, top, right, bottom } = at.getBoundingClientRect();
      const fits = left <= box.left + 1 && top <= box.top + 1 && right >= box.right - 1 && bottom >= box.bottom - 1;
      const root = at.getRootNode();
      const above: Element | null =
        at.assignedSlot ?? at.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
      if (fits || !above) return at;
      at = above;
    }
  };
  let marked = 0;
  const mark = (element: Element): void => {
    const covers = covering(element, boxOf(element));
    if (covers.hasAttribute(attribute)) return;
    covers.setAttribute(attribute, '');
    marked += 1;
  };
  const drawn = (element: Element): boolean => {
    const attributes = /^(img|image|use|object|embed|input|option|optgroup|track)$/i.test(element.localName)
      ? ['alt', 'label', 'src', 'srcset', 'data', 'href', 'xlink:href']
      : [];
    if (attributes.some((name) => holds(element.getAttribute(name)))) return true;
    return ['::before', '::after', '::marker'].some((part) => {
      const { content } = getComputedStyle(element, part);
      return content !== 'none' && content !== 'normal' && holds(content.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'));
    });
  };
  /** Whether anything in the tree shows it; what is deepest is marked. */
  const visit = (element: Element): boolean => {
    if (HIDDEN.test(element.localName)) return false;
    let inside = false;
    for (const child of element.children) inside = visit(child) || inside;
    if (element.shadowRoot) inside = visitRoot(element.shadowRoot, element) || inside;
    const own = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.nodeValue);
    const shows = holds(own.join('')) || (!inside && holds(element.textContent)) || drawn(element);
    if (shows) mark(element);
    return inside || shows;
  };
  const visitRoot = (root: ShadowRoot, host: Element): boolean => {
    let inside = false;
    for (const child of root.children) inside = visit(child) || inside;
    const shows = !inside && holds(root.textContent);
    if (shows) mark(host);
    return inside || shows;
  };
  if (document.documentElement) visit(document.documentElement);
  return marked;
}
