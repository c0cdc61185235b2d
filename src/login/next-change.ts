/**
 * Runs inside the page: resolves shortly after its next change, or after `ms`. Input events count, because a page may
 * only set values.
 */
export function nextChange(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const roots: Node[] = [document];
    for (let index = 0; index < roots.length && roots.length < 50; index += 1) {
      for (const host of (roots[index] as ParentNode).querySelectorAll('*'))
        if (host.shadowRoot) roots.push(host.shadowRoot);
    }
    let settling = false;
    const done = (): void => {
      observer.disconnect();
      clearTimeout(timer);
      resolve();
    };
    const observer = new MutationObserver(() => {
      if (settling) return;
      settling = true;
      // The rest of the same update comes along in one look.
      setTimeout(done, 8);
    });
    const timer = setTimeout(done, ms);
    for (const root of roots) {
      observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
    }
  });
}
