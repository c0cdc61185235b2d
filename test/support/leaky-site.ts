import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the site puts into its pages and nobody else may see. */
export const LEAKS = {
  csrf: 'csrf-7Qz0fT2mWc4Yb9Kd1Lr8',
  cookie: 'sid-4f0c9e7d2b8a6135c0de',
  data: 'state-Zk81pLw0Xr55Tn72Vq3s',
  script: 'bootstrap-9b1d7c5e3a2f4860',
  comment: 'build-token-55aa0077cc33ee11',
  query: 'return-b64e1c0f97d2a853',
  typed: 'typed-in-by-somebody-else',
  option: 'other.customer@elsewhere.test',
  mail: 'support.agent@lindgrove.test',
  phone: '+49 30 901820 4471',
} as const;

const FILLER = '<div class="row"><span>Some words of a long list</span><a href="/item">An item</a></div>\n';

/** A refusal that says back what it was given, beside everything a page holds that is not for a corpus. */
function refusal(given: URLSearchParams, rows: number): string {
  const text = (value: string): string => value.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const name = given.get('username') ?? '';
  const password = given.get('password') ?? '';
  const said = [password, encodeURIComponent(password), Buffer.from(password).toString('base64')].map(text).join(' ');
  const named = [name, encodeURIComponent(name), Buffer.from(name).toString('base64'), name.toUpperCase()];
  return `<!doctype html><html lang="en"><head><title>Sign in, ${text(name)}</title>
<meta name="csrf-token" content="${LEAKS.csrf}"><link rel="preload" href="/a.js?${LEAKS.query}">
<style>.${LEAKS.script} { color: red }</style><script>window.state = '${LEAKS.script}'</script></head>
<body data-state="${LEAKS.data}" onload="void '${LEAKS.script}'"><!-- ${LEAKS.comment} -->
${FILLER.repeat(rows)}
<p role="alert" title="${said}">Invalid password ${said} for ${named.map(text).join(' ')}.</p>
<p>Your session ${LEAKS.cookie}, questions to ${LEAKS.mail} or ${LEAKS.phone}.</p>
<p style="display:none">Nobody sees this, ${text(name)}.</p>
<form id="login" method="post" action="/login?state=${LEAKS.query}">
<input type="hidden" name="csrf" value="${LEAKS.csrf}">
<label for="u-48151623">Username</label><input id="u-48151623" name="username" value="${text(name)}">
<label for="p-42481516">Password</label><input id="p-42481516" type="password" name="password" value="${text(password)}">
<textarea name="note">${LEAKS.typed}</textarea><select name="team"><option>${LEAKS.option}</option></select>
<a href="/forgot?for=${encodeURIComponent(name)}#${LEAKS.query}">Forgot your password?</a>
<a href="javascript:void('${LEAKS.script}')">Show</a><button onclick="void '${LEAKS.script}'">Sign in</button></form></body></html>`;
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

export interface LeakySite {
  url: string;
  close(): Promise<void>;
}

/** A site that refuses every login with a page full of what must not leave it. `rows`: how much stands before its form. */
export async function startLeakySite(rows = 0): Promise<LeakySite> {
  const server = createServer(async (request, response) => {
    const given = request.method === 'POST' ? await bodyOf(request) : new URLSearchParams();
    response.setHeader('set-cookie', `sid=${LEAKS.cookie}; Path=/`);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(refusal(given, request.method === 'POST' ? rows : 0));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/login`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
