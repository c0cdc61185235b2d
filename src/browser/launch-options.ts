import type { LaunchOptions } from 'playwright';

/**
 * How every browser of ours starts. Signals are left to the service (Playwright's own handlers would exit the process
 * under it), and Playwright talks over a pipe, so a browser ends when its owner dies.
 */
const ARGS = [
  '--disable-gpu',
  // QUIC and WebRTC would go past a proxy; WebRTC would also tell the machine's private addresses.
  '--disable-quic',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Milliseconds a browser may take to start; a cold disk needs several seconds. */
const LAUNCH_TIMEOUT = 30_000;

/** How a browser is started here. */
export interface BrowserSetup {
  executable: string;
  /** What Playwright would put into folders of its own. Its profile folder always goes to this thread's TMPDIR. */
  artifactsDir: string;
  /** The browser's environment; left out, that of this thread. */
  env?: Record<string, string>;
}

export function launchOptions({ executable, artifactsDir, env }: BrowserSetup): LaunchOptions {
  return {
    executablePath: executable,
    headless: true,
    // Chromium's sandbox needs user namespaces and refuses to run as root; containers often have neither.
    chromiumSandbox: false,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: LAUNCH_TIMEOUT,
    args: ARGS,
    artifactsDir,
    ...(env ? { env } : {}),
  };
}
