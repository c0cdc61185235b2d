import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InnerListener } from './inner-listener.ts';

/** Channels that connect and send nothing of their own: each has a port at the inner listener. */
export const SILENT = ['preconnect', 'https', 'wss', 'webtransport', 'turn-tcp'] as const;

/** The name that first leads to the site and then to the inner listener. */
export const REBINDING = 'rebinding.test';

/** Other ways to write the inner address. */
const ODD = {
  decimal: '2130706433',
  hex: '0x7f000001',
  octal: '0177.0.0.1',
  short: '127.1',
  mapped: '[::ffff:127.0.0.1]',
  unspecified: '0.0.0.0',
  localhost: 'localhost',
  'localhost-dot': 'localhost.',
  'sub-localhost': 'any.localhost',
};

export interface HostileSite {
  url: string;
  /** The channels its page has tried, when it was done. */
  tried: string[];
  close(): Promise<void>;
}

/** A site with a login that works, whose login page tries by every channel to reach the inner listener. */
export async function startHostileSite(inner: InnerListener, account: { username: string; password: string }) {
  const to = (channel: string) => `http://127.0.0.1:${inner.port}/${channel}`;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://site');
    const own = `http://${request.headers.host}`;
    if (pathname === '/login') return page(response, loginPage(inner, to, own), reporting(to));
    if (pathname === '/pop-up') {
      return page(response, `<script>window.open('${to('pop-up')}')</script>${FORM}`);
    }
    if (pathname === '/session') return logIn(request, response, account);
    if (pathname === '/account') {
      if (!request.headers.cookie?.includes('sid=')) return redirect(response, 302, '/login');
      return page(response, `<h1>Welcome, ${account.username}</h1><a href="/logout">Log out</a>`);
    }
    if (pathname === '/hop') return redirect(response, 302, `/hop-again?to=${searchParams.get('to')}`);
    if (pathname === '/hop-again') return redirect(response, 307, to(searchParams.get('to') ?? ''));
    if (pathname === '/away')
      return redirect(response, Number(searchParams.get('status')), to(searchParams.get('to') ?? ''));
    if (pathname === '/meta')
      return page(response, `<meta http-equiv="refresh" content="0;url=${to('meta-refresh')}">`);
    if (pathname === '/script') return page(response, `<script>location = '${to('script-location')}'</script>`);
    if (pathname === '/worker.js') return script(response, workerScript(to));
    if (pathname === '/shared.js') return script(response, `fetch('${to('shared-worker')}', { mode: 'no-cors' })`);
    if (pathname === '/page.xml') {
      response.setHeader('content-type', 'text/xml');
      return response.end(`<?xml-stylesheet type="text/xsl" href="${to('xslt')}"?><a/>`);
    }
    if (pathname === '/tried') site.tried.push(...(searchParams.get('channels') ?? '').split(','));
    return response.end();
  });
  await once(server.listen(0, '127.0.0.2'), 'listening');
  const site: HostileSite = {
    url: `http://127.0.0.2:${(server.address() as AddressInfo).port}`,
    tried: [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}

const FORM = `<form method="post" action="/session"><label>Username <input name="username" autocomplete="username"></label>
<label>Password <input type="password" name="password"></label><button>Log in</button></form>`;

function page(response: ServerResponse, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
  response.end(`<!doctype html><title>Sign in</title>${body}`);
}

function script(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/javascript' }).end(body);
}

function redirect(response: ServerResponse, status: number, location: string): void {
  response.writeHead(status, { location }).end();
}

function logIn(
  request: NodeJS.ReadableStream,
  response: ServerResponse,
  account: { username: string; password: string },
): void {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    const sent = new URLSearchParams(body);
    const right = sent.get('username') === account.username && sent.get('password') === account.password;
    response.writeHead(303, right ? { location: '/account', 'set-cookie': 'sid=1; Path=/' } : { location: '/login' });
    response.end();
  });
}

/** Headers that make the browser report to the inner listener. */
function reporting(to: (channel: string) => string): Record<string, string> {
  const endpoint = to('reporting-api');
  return {
    'content-security-policy': `script-src * 'unsafe-inline' blob:; frame-ancestors 'none'; media-src 'none'; report-uri ${to('csp-report')}; report-to inner`,
    'reporting-endpoints': `inner="${endpoint}", default="${endpoint}"`,
    nel: '{"report_to":"inner","max_age":600,"success_fraction":1}',
    link: `<${to('link-header')}>; rel=preload; as=image`,
  };
}

function workerScript(to: (channel: string) => string): string {
  return `
    fetch('${to('worker-fetch')}', { mode: 'no-cors' }).catch(() => {});
    try { importScripts('${to('worker-import')}') } catch {}
    postMessage('done')`;
}

function loginPage(inner: InnerListener, to: (channel: string) => string, own: string): string {
  const odd = Object.entries(ODD).map(([name, host]) => [name, `http://${host}:${inner.port}/odd-${name}`]);
  return `
<link rel="icon" href="${to('favicon')}"><link rel="manifest" href="${to('manifest')}">
<link rel="stylesheet" href="${to('stylesheet')}"><link rel="prefetch" href="${to('prefetch')}">
<link rel="preload" as="script" href="${to('preload')}"><link rel="modulepreload" href="${to('modulepreload')}">
<link rel="preconnect" href="http://127.0.0.1:${inner.ports.preconnect}">
<link rel="dns-prefetch" href="//127.0.0.1:${inner.port}">
<style>@import '${to('css-import')}'; @font-face { font-family: inner; src: url('${to('font')}') }
  body { font-family: inner; background: url('${to('css-url')}') } ul { list-style-image: url('${to('list-image')}') }</style>
<script src="${to('script')}"></script>
<script type="speculationrules">{"prefetch":[{"urls":["${to('speculation')}"],"eagerness":"immediate"}],
  "prerender":[{"urls":["${own}/away?status=302&to=prerender"],"eagerness":"immediate"}]}</script>
<ul><li>x</ul><img src="${to('image')}"><img srcset="${to('srcset')} 1x"><input type="image" src="${to('input-image')}">
<iframe src="${to('frame')}"></iframe><iframe srcdoc="<img src='${to('srcdoc')}'>"></iframe>
<iframe src="/hop?to=redirect-chain"></iframe><iframe src="/meta"></iframe><iframe src="/script"></iframe>
<iframe src="/page.xml"></iframe><iframe src="view-source:${to('view-source')}"></iframe>
<iframe src="file:///etc/passwd"></iframe><iframe src="chrome://version"></iframe><iframe name="target"></iframe>
<object data="${to('object')}"></object><embed src="${to('embed')}">
<video src="${to('video')}" poster="${to('poster')}"><track default src="${to('track')}"></video><audio src="${to('audio')}" autoplay></audio>
<svg><image href="${to('svg-image')}"/><use href="${to('svg-use')}#a"/></svg>
<a id="ping" href="#here" ping="${to('ping')}">ping</a><a id="download" download target="target" href="${to('download')}">file</a>
<form id="post" target="target" method="post" action="${to('form-post')}"></form>
<div id="place"></div>
<script>
(async () => {
  const tried = [...document.querySelectorAll('link, iframe, img, object, embed, video, audio, svg *')].map((_, at) => 'markup-' + at);
  const attempt = async (name, work) => {
    tried.push(name);
    try { await Promise.race([work(), new Promise((resolve) => setTimeout(resolve, 700))]) } catch {}
  };
  const opened = (thing, ...events) => new Promise((resolve) => events.forEach((name) => { thing[name] = resolve }));
  const all = [
    attempt('fetch', () => fetch('${to('fetch')}', { mode: 'no-cors' })),
    attempt('fetch-cors', () => fetch('${to('fetch-cors')}', { method: 'PUT', body: 'x' })),
    attempt('keepalive', () => fetch('${to('keepalive')}', { mode: 'no-cors', method: 'POST', keepalive: true })),
    attempt('redirect-fetch', () => fetch('/away?status=307&to=redirect-fetch', { method: 'POST', body: 'x', mode: 'no-cors' })),
    attempt('xhr', () => { const call = new XMLHttpRequest(); call.open('GET', '${to('xhr')}'); call.send(); return opened(call, 'onload', 'onerror') }),
    attempt('beacon', async () => navigator.sendBeacon('${to('beacon')}', 'x')),
    attempt('websocket', () => opened(new WebSocket('ws://127.0.0.1:${inner.port}/websocket'), 'onopen', 'onerror')),
    attempt('wss', () => opened(new WebSocket('wss://127.0.0.1:${inner.ports.wss}/'), 'onopen', 'onerror')),
    attempt('https', () => fetch('https://127.0.0.1:${inner.ports.https}/', { mode: 'no-cors' })),
    attempt('eventsource', () => opened(new EventSource('${to('eventsource')}'), 'onopen', 'onerror')),
    attempt('worker', () => opened(new Worker('/worker.js'), 'onmessage', 'onerror')),
    attempt('shared-worker', async () => { new SharedWorker('/shared.js') }),
    attempt('service-worker', async () => { navigator.serviceWorker?.register('/worker.js') }),
    attempt('module', () => import('${to('module')}')),
    attempt('form-post', async () => document.getElementById('post').submit()),
    attempt('ping', async () => document.getElementById('ping').click()),
    attempt('download', async () => document.getElementById('download').click()),
    attempt('webtransport', () => new WebTransport('https://127.0.0.1:${inner.udpPort}/').ready),
    attempt('webrtc', async () => {
      const peer = new RTCPeerConnection({ iceServers: [
        { urls: 'stun:127.0.0.1:${inner.udpPort}' },
        { urls: 'turn:127.0.0.1:${inner.ports['turn-tcp']}?transport=tcp', username: 'a', credential: 'b' },
        { urls: 'turn:127.0.0.1:${inner.udpPort}', username: 'a', credential: 'b' } ] });
      peer.createDataChannel('x');
      await peer.setLocalDescription(await peer.createOffer());
      await new Promise((resolve) => setTimeout(resolve, 600));
    }),
    attempt('rebinding', async () => {
      await fetch('http://${REBINDING}:' + location.port + '/first', { mode: 'no-cors' }).catch(() => {});
      await fetch('http://${REBINDING}:${inner.port}/rebinding', { mode: 'no-cors' });
    }),
    ...${JSON.stringify(odd)}.map(([name, url]) => attempt('odd-' + name, () => fetch(url, { mode: 'no-cors' }))),
  ];
  await Promise.all(all);
  await fetch('/tried?channels=' + tried.join());
  for (const frame of document.querySelectorAll('iframe')) frame.remove();
  document.getElementById('place').innerHTML = ${JSON.stringify(FORM)};
})();
</script>`;
}
