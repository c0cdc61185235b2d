import { arch, release } from 'node:os';
import type { BrowserContextOptions, CDPSession } from 'playwright';

/**
 * The options that make a session look the same to its site, and so go into a profile and come back from it. Nothing
 * else is taken from a profile: it may be imported, and others (proxy, certificates, HAR and video paths, bypassCSP)
 * would let its author reach files or networks.
 */
const KEPT = {
  userAgent: (value: unknown) => typeof value === 'string' && value.length <= 512 && !/[\r\n]/.test(value),
  locale: (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9-]{2,35}$/.test(value),
  timezoneId: (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9_+/-]{1,64}$/.test(value),
  viewport: (value: unknown) => isSize(value),
  deviceScaleFactor: (value: unknown) => typeof value === 'number' && value >= 0.5 && value <= 4,
  isMobile: (value: unknown) => typeof value === 'boolean',
  hasTouch: (value: unknown) => typeof value === 'boolean',
  colorScheme: (value: unknown) => value === 'light' || value === 'dark' || value === 'no-preference',
} satisfies Partial<Record<keyof BrowserContextOptions, (value: unknown) => boolean>>;

function isSize(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { width, height } = value as Record<string, unknown>;
  return [width, height].every((side) => Number.isInteger(side) && Number(side) >= 100 && Number(side) <= 4000);
}

/** The options of a context as they are kept in a profile: plain data. */
export type KeptContextOptions = Pick<BrowserContextOptions, keyof typeof KEPT>;

const UA_PLATFORM: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Macintosh; Intel Mac OS X 10_15_7',
  win32: 'Windows NT 10.0; Win64; x64',
};

/** Chrome's own user agent for this browser version: the headless shell's says HeadlessChrome. */
export function userAgentOf(version: string): string {
  const platform = UA_PLATFORM[process.platform] ?? 'X11; Linux x86_64';
  const major = version.split('.', 1)[0];
  return `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
}

/** The options of a fresh context in this browser, or those of the profile it starts from where they are sound. */
export function keptOptions(version: string, profile: Record<string, unknown> = {}): KeptContextOptions {
  const fromProfile = Object.entries(KEPT).filter(([name, sound]) => sound(profile[name]));
  return {
    userAgent: userAgentOf(version),
    // Without a locale the headless shell sends no Accept-Language at all.
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    ...Object.fromEntries(fromProfile.map(([name]) => [name, profile[name]])),
  };
}

/** What every context gets on top: nothing the site may register, download or ask permission for. */
export const FIXED_OPTIONS = {
  serviceWorkers: 'block',
  acceptDownloads: false,
  permissions: [],
} as const satisfies BrowserContextOptions;

const HINT_PLATFORM: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macOS', win32: 'Windows' };

/**
 * Makes the client hints (Sec-CH-UA, navigator.userAgentData) agree with the user agent: the shell's own brands name
 * HeadlessChrome whatever the user agent says. Only for our own user agent; a profile's may be another browser's.
 */
export async function alignClientHints(session: CDPSession, version: string, options: KeptContextOptions) {
  if (options.userAgent !== userAgentOf(version)) return;
  const major = version.split('.', 1)[0] ?? '';
  await session.send('Emulation.setUserAgentOverride', {
    userAgent: options.userAgent,
    acceptLanguage: options.locale,
    userAgentMetadata: {
      brands: [
        { brand: 'Not:A-Brand', version: '8' },
        { brand: 'Chromium', version: major },
      ],
      fullVersionList: [
        { brand: 'Not:A-Brand', version: '8.0.0.0' },
        { brand: 'Chromium', version },
      ],
      platform: HINT_PLATFORM[process.platform] ?? 'Linux',
      platformVersion: release().split('-', 1)[0] ?? '',
      architecture: arch() === 'arm64' ? 'arm' : 'x86',
      model: '',
      mobile: options.isMobile ?? false,
    },
  });
}
