/**
 * Runs in every document before its own scripts. What a document sends while it is being left (keep-alive requests,
 * beacons, pictures) goes past every interception, measured: its network is no longer the page's. So its first
 * `pagehide` listener is ours, and forbids it to send anything more, by a policy that scripts cannot take back (CSP3 §3.3).
 */
export function silenceLeaving(): void {
  // Taken now: the page may replace them later.
  const { createElement } = Document.prototype;
  const { setAttribute } = Element.prototype;
  const { appendChild } = Node.prototype;
  const { apply } = Reflect;
  const getter = (name: 'head' | 'documentElement') =>
    Object.getOwnPropertyDescriptor(Document.prototype, name)?.get as () => Element | null;
  const [headOf, rootOf] = [getter('head'), getter('documentElement')];
  addEventListener(
    'pagehide',
    () => {
      const make = (tag: string) => apply(createElement, document, [tag]) as Element;
      const policy = make('meta');
      apply(setAttribute, policy, ['http-equiv', 'Content-Security-Policy']);
      apply(setAttribute, policy, ['content', "default-src 'none'"]);
      const head = apply(headOf, document, []) ?? apply(appendChild, apply(rootOf, document, []), [make('head')]);
      apply(appendChild, head, [policy]);
    },
    true,
  );
}
