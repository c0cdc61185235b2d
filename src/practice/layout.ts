import type { FastifyReply, FastifyRequest } from 'fastify';
import { Html, html, raw } from './html.ts';
import type { Place } from './variant.ts';

const STYLE = raw(`<style>
:root{font:16px/1.5 system-ui,"Noto Sans","DejaVu Sans",sans-serif;color:#1c2430;background:#eef1f4}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column}
header{display:flex;gap:1.5rem;align-items:center;padding:.75rem 1.5rem;background:#fff;border-bottom:1px solid #d8dee5}
header nav{display:flex;gap:1rem;flex:1}
header form{margin:0;display:flex;gap:.75rem;align-items:center}
.brand{font-weight:700;color:#14594f;text-decoration:none;font-size:1.1rem}
a{color:#14594f}
main{width:100%;max-width:60rem;margin:0 auto;padding:2.5rem 1.5rem;flex:1}
.card{background:#fff;border:1px solid #d8dee5;border-radius:10px;padding:2rem;max-width:25rem;margin:0 auto 1.5rem;box-shadow:0 1px 3px #0001}
.wide{max-width:none}
h1{font-size:1.5rem;margin:0 0 1rem}
h2{font-size:1.1rem;margin:0 0 .75rem}
label{display:block;font-weight:600;margin:.75rem 0 .25rem}
label.inline{font-weight:400;display:flex;gap:.5rem;align-items:center}
input:not([type=checkbox]){width:100%;font:inherit;padding:.55rem .7rem;border:1px solid #9aa6b2;border-radius:6px;background:#fff;color:inherit}
input:focus{outline:2px solid #1d7f71;outline-offset:1px}
button{font:inherit;font-weight:600;padding:.55rem 1.1rem;border:1px solid #14594f;border-radius:6px;background:#14594f;color:#fff;cursor:pointer;margin-top:1rem}
header button,.row button{margin-top:0}
header button,button.plain{background:#fff;color:#14594f}
form.row{margin-bottom:1.5rem}
.bare{background:#fff}.bare .card{border:0;box-shadow:none;padding:0}.bare main{padding:.5rem}
.row{display:flex;gap:.5rem;align-items:center}
.boxes input{width:2.9rem;text-align:center;font-size:1.4rem;padding:.4rem}
.error{background:#fdecea;color:#8c1d18;border:1px solid #f2b8b5;border-radius:6px;padding:.6rem .8rem;margin:0 0 1rem}
.hint{color:#5a6673;font-size:.9rem}
.trap{position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden}
.banner{position:fixed;inset:0;background:#0008;display:flex;align-items:flex-end;z-index:10}
.banner>div{background:#fff;width:100%;padding:1.5rem 2rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1.5rem}
table{border-collapse:collapse;width:100%}td,th{text-align:start;padding:.5rem .75rem;border-bottom:1px solid #e3e8ed;vertical-align:top}
dialog{border:0;border-radius:10px;padding:2rem;width:25rem}dialog::backdrop{background:#0006}
iframe{border:0;width:100%;height:26rem}
[hidden]{display:none!important}
footer{padding:1rem 1.5rem;color:#5a6673;font-size:.85rem}
</style>`);

const BRAND = 'Lindgrove';

/** A whole document. `header` stands beside the site's name. */
export function documentOf(
  title: string,
  body: Html,
  { header, language = 'en', dir = 'ltr', bare = false }: Partial<DocumentOptions> = {},
): string {
  const home = html`<a class="brand" href="/">${BRAND}</a>`;
  const head = bare ? null : html`<header>${home}${header ?? html`<nav></nav>`}</header>`;
  const foot = bare ? null : html`<footer>© ${BRAND}</footer>`;
  return html`<!doctype html>
<html lang="${language}" dir="${dir}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} – ${BRAND}</title><link rel="icon" href="data:,">${STYLE}</head>
<body${bare ? raw(' class="bare"') : null}>${head}<main>${body}</main>${foot}</body>
</html>
`.text;
}

interface DocumentOptions {
  header: Html | undefined;
  language: string;
  dir: 'ltr' | 'rtl';
  /** Without header and footer, for a frame. */
  bare: boolean;
}

/** Answers with a page of a variant, in the language of the request. Nothing is cached: a session may have ended since. */
export function sendPage(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, body, header, bare, status = 200 }: PageOptions,
): FastifyReply {
  const language = place.language(request);
  const { dir } = place.texts(request);
  return reply
    .code(status)
    .headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .send(documentOf(title, body, { header, language, dir, ...(bare === undefined ? {} : { bare }) }));
}

export interface PageOptions {
  title: string;
  body: Html;
  header?: Html | undefined;
  bare?: boolean;
  status?: number;
}

/** The box above a form that says why not. */
export function errorBox(words: string | null | undefined): Html {
  return words ? html`<div class="error" role="alert">${words}</div>` : new Html('');
}
