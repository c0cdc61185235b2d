import type { FastifyInstance } from 'fastify';

/** Watches the routes as they are registered; the function returned names the methods offered at a path. */
export function watchMethods(app: FastifyInstance): (url: string) => string[] {
  const offered = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const shape = url.replace(/\/$/, '') || '/';
    const methods = offered.get(shape) ?? new Set<string>();
    for (const name of [method].flat()) methods.add(name);
    offered.set(shape, methods);
  });
  return (url) => {
    const asked = parts(url.split('?', 1)[0] ?? '');
    const methods = [...offered].flatMap(([shape, names]) => (matches(parts(shape), asked) ? [...names] : []));
    return [...new Set(methods)].sort();
  };
}

function parts(path: string): string[] {
  return path.replace(/\/$/, '').split('/');
}

function matches(shape: string[], asked: string[]): boolean {
  return (
    shape.length === asked.length &&
    shape.every((part, at) => (part.startsWith(':') ? couldBe(part, asked[at] ?? '') : part === asked[at]))
  );
}

/** A word where an id stands is a path of its own that is not here, rather than a thing with other methods. */
function couldBe(parameter: string, asked: string): boolean {
  return parameter === ':id' || parameter === ':run' ? /^[a-z]+_/.test(asked) : asked !== '';
}
