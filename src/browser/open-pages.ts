import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright';
import { type Config, childEnvironment } from '../config.ts';
import { checkUrl, parseLoginUrl } from '../egress/check-url.ts';
import type { EgressProxy } from '../egress/egress-proxy.ts';
import type { EgressTrouble } from '../egress/egress-trouble.ts';
import { openEgress } from '../egress/open-egress.ts';
import { KeyturnError } from '../errors.ts';
import { Contexts } from './contexts.ts';
import { ensureChromium } from './ensure-chromium.ts';
import { WarmBrowser } from './warm-browser.ts';

const OPEN_TIMEOUT_MS = 30_000;

/**
 * Opens addresses or local HTML files one after the other, each in a fresh context, and hands each page to `work`.
 * Addresses pass the same checks as a run's; a file is shown with its scripts and no network of its own.
 */
export async function openPages<T>(
  config: Config,
  sources: readonly string[],
  work: (page: Page, source: string) => Promise<T>,
  progress: (line: string) => void,
): Promise<void> {
  const { executable } = await ensureChromium(config, progress);
  const folder = await mkdtemp(path.join(tmpdir(), 'keyturn-'));
  const egress = await openEgress(config);
  const warm = new WarmBrowser({ executable, artifactsDir: folder, env: childEnvironment(folder) }, egress.access);
  const contexts = new Contexts(warm);
  try {
    for (const source of sources) await openOne(config, egress, contexts, source, work);
  } finally {
    await contexts.close();
    await warm.close();
    await egress.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openOne<T>(
  config: Config,
  egress: EgressProxy,
  contexts: Contexts,
  source: string,
  work: (page: Page, source: string) => Promise<T>,
): Promise<void> {
  const file = /\.(html?|xhtml)$/i.test(source) && !/^https?:/i.test(source);
  const url = file ? null : parseLoginUrl(source).href;
  if (url !== null) {
    const verdict = await checkUrl(url, config.allowNetworks);
    if (!verdict.ok && verdict.reason === 'address') {
      throw new KeyturnError('address_not_allowed', {
        detail: `${url} leads to the private address ${verdict.address}; name its network in KEYTURN_ALLOW_NETWORKS to allow it.`,
      });
    }
  }
  const policy = { onDenied: () => undefined, onLost: () => undefined };
  const { context, page, pass } = await contexts.open({}, {}, policy);
  const troubles: EgressTrouble[] = [];
  egress.admit(pass, (trouble) => troubles.push(trouble));
  try {
    if (url === null) await showFile(page, source);
    else await openAddress(page, url, troubles);
    await work(page, source);
  } finally {
    await context.close();
    egress.release(pass);
  }
}

/** Says why there is no page where the browser cannot: it sees only a connection that closes. */
async function openAddress(page: Page, url: string, troubles: readonly EgressTrouble[]): Promise<void> {
  try {
    await page.goto(url, { waitUntil: 'load', timeout: OPEN_TIMEOUT_MS });
  } catch (cause) {
    const why = troubles.map((trouble) => explain(trouble))[0];
    if (why === undefined) throw cause;
    throw new KeyturnError('unavailable', { detail: `${url} cannot be opened: ${why}.`, cause });
  }
}

function explain({ host, port, kind, address }: EgressTrouble): string {
  if (kind === 'dns') return `the name ${host} does not resolve`;
  if (kind === 'slow') return `${host} did not answer in time`;
  if (kind === 'refused') return `nothing listens at port ${port} of ${host}`;
  if (kind === 'own') return `port ${port} of ${host} belongs to Keyturn`;
  return `${host} leads to the private address ${address}`;
}

/** The guard lets no file: address through, so the file's text is put into an empty page. */
async function showFile(page: Page, source: string): Promise<void> {
  const body = await readFile(source).catch((cause: unknown) => {
    throw new KeyturnError('invalid_url', { detail: `The file ${source} cannot be read.`, cause });
  });
  await page.setContent(body.toString('utf8'), { waitUntil: 'domcontentloaded', timeout: OPEN_TIMEOUT_MS });
}
