/**
 * Lays a box over every field of a document and over every element that is marked as showing a secret, open shadow trees
 * included, above whatever else the page shows. The boxes stand in one element that carries `<attribute>-cover`. Runs in
 * the page and uses nothing from around it.
 */
export function coverSecrets(attribute: string): void {
  const roots: (Document | ShadowRoot)[] = [document];
  const boxes: DOMRect[] = [];
  for (const root of roots) {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (!element.matches(`input, textarea, select, [${attribute}]`)) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0) boxes.push(box);
    }
  }
  if (boxes.length === 0) return;
  const place = (left: number, top: number, width: number, height: number, color: string): HTMLElement => {
    const made = document.createElementNS('http://www.w3.org/1999/xhtml', 'div') as HTMLElement;
    const rules = {
      all: 'initial',
      position: 'fixed',
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
      background: color,
      'pointer-events': 'none',
      'z-index': '2147483647',
    };
    // Stronger than any rule of the page's own; set like this, no policy of the page forbids it.
    for (const [name, value] of Object.entries(rules)) made.style.setProperty(name, value, 'important');
    return made;
  };
  const cover = place(0, 0, innerWidth, innerHeight, 'transparent');
  cover.setAttribute(`${attribute}-cover`, '');
  const tree = cover.attachShadow({ mode: 'closed' });
  tree.append(...boxes.map(({ x, y, width, height }) => place(x, y, width, height, '#f0f')));
  document.documentElement.append(cover);
  // In the top layer, where a dialog of the page stands too, the last one shown lies above.
  cover.popover = 'manual';
  cover.showPopover();
}
