import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EchoSite {
  url(path: string): string;
  close(): Promise<void>;
}

const form = (
  method: string,
  action: string,
  title: string,
  rest = '',
): string => `<!doctype html><title>${title}</title>
<h1>Sign in</h1>${rest}<form method="${method}" action="${action}">
<label>Username <input name="username"></label><label>Password <input type="password" name="password"></label>
<button>Sign in</button></form>`;

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

/** The refusal of a site that says the password back wherever it can. */
function echo(password: string): string {
  const shown = password.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const words = `Invalid password "${shown}" (${encodeURIComponent(password)}, ${Buffer.from(password).toString('base64')}).`;
  const script = `console.error(${JSON.stringify(password)}); throw new Error(${JSON.stringify(password)});`;
  return form(
    'post',
    '/post',
    `Wrong: ${shown}`,
    `<p role="alert" title="${shown}">${words}</p><script>${script}</script>`,
  );
}

/**
 * Handles secrets as badly as a site can: takes them in the address (`/get`) or in a body (`/post`), and says them back
 * in its error, its title, its attributes, its console and a cookie; `/lost` answers with an address that holds them.
 */
export async function startEchoSite(): Promise<EchoSite> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://echo.test');
    const given = request.method === 'POST' ? await bodyOf(request) : url.searchParams;
    const password = given.get('password');
    if (password === null) {
      response.end(form(url.pathname === '/get' ? 'get' : 'post', url.pathname, 'Sign in'));
      return;
    }
    response.setHeader('set-cookie', `last=${encodeURIComponent(password)}; Path=/`);
    if (url.pathname === '/lost') {
      const where = `http://127.0.0.1:1/${encodeURIComponent(password)}?p=${encodeURIComponent(password)}`;
      response.writeHead(302, { location: where }).end();
    } else response.writeHead(401, { 'content-type': 'text/html; charset=utf-8' }).end(echo(password));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
