/** Calls the API of a service and gives its JSON; an answer that is no success is a mistake of the bench. */
export type ApiCall = <T>(method: string, route: string, body?: unknown) => Promise<T>;

export function apiCaller(url: string, key: string): ApiCall {
  return async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const response = await fetch(url + route, {
      method,
      headers: { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
}
