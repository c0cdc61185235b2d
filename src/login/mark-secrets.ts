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
  const joined = words.join('\n');
  // A style sheet escapes what it shows.
  const all = squeeze(`${joined}\n${joined.replace(/\\(.)/g, '$1')}`);
  const shown = forms.filter((form) => all.includes(form));
  const places = patterns.map((source) => new RegExp(source, 'u'));
  if (shown.length === 0 && places.length === 0) return 0;
  const holds = (text: string | null | undefined): boolean => {
    if (!text) return false;
    const squeezed = squeeze(text);
    return shown.some((form) => squeezed.includes(form)) || places.some((place) => place.test(text));
  };

  let marked = 0;
  const mark = (element: Element): void => {
    if (element.hasAttribute(attribute)) return;
    element.setAttribute(attribute, '');
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
  /** The words of a tree as they are read, and whether any of it shows one; what is deepest is marked. */
  const visit = (tree: Element | ShadowRoot, host: Element): { text: string; shows: boolean } => {
    if (tree instanceof Element && HIDDEN.test(tree.localName)) return { text: '', shows: false };
    let inside = tree instanceof Element && tree.shadowRoot ? visit(tree.shadowRoot, tree).shows : false;
    let own = '';
    let text = '';
    for (const child of tree.childNodes) {
      if (child instanceof Element) {
        const seen = visit(child, child);
        text += seen.text;
        inside = seen.shows || inside;
      } else if (child.nodeType === Node.TEXT_NODE) {
        text += child.nodeValue;
        own += child.nodeValue;
      }
    }
    const shows = holds(own) || (!inside && holds(text)) || (tree instanceof Element && drawn(tree));
    if (shows) mark(host);
    return { text, shows: inside || shows };
  };
  const root = document.documentElement;
  if (root) visit(root, root);
  return marked;
}
