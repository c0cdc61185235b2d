import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../config.ts';

export type Progress = (line: string) => void;

/** One way to get a browser, with the shared libraries and a font it needs, onto this machine. */
export interface Installer {
  /** As it is shown: "Downloading Playwright's Chromium". */
  title: string;
  /** Null when this way is not open here. */
  plan(): InstallPlan | null;
}

export interface InstallPlan {
  /** Run first; its failure is not the end (an old package list may do). */
  prepare?: string[];
  /** Tried in order until one succeeds. */
  choices: string[][];
}

/** Milliseconds one command may take: a download of 120 MB over a slow line. */
const COMMAND_TIMEOUT = 10 * 60_000;

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore', timeout: 10_000 }).error === undefined;
}

/** What runs a command as root without asking anyone: nothing, or sudo. Null when neither does. */
function asRoot(): string[] | null {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 });
  return sudo.status === 0 ? ['sudo', '-n'] : null;
}

function packageManager(name: string, prepare: string[] | null, choices: string[][]): Installer {
  return {
    title: `Installing Chromium with ${name}`,
    plan: () => {
      const root = process.platform === 'linux' && isInstalled(name) ? asRoot() : null;
      if (root === null) return null;
      const full = (args: string[]) => [...root, name, ...args];
      return { ...(prepare && { prepare: full(prepare) }), choices: choices.map(full) };
    },
  };
}

const playwrightDownload: Installer = {
  title: "Downloading Playwright's Chromium",
  plan: () => {
    const folder = path.dirname(createRequire(import.meta.url).resolve('playwright/package.json'));
    return { choices: [[process.execPath, path.join(folder, 'cli.js'), 'install', 'chromium-headless-shell']] };
  },
};

const APT = ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

/** All ways, best first: the download needs no rights, the package managers also bring missing libraries. */
export const INSTALLERS: readonly Installer[] = [
  playwrightDownload,
  packageManager(
    'apt-get',
    ['update'],
    [
      [...APT, 'chromium-headless-shell', 'fonts-liberation'],
      [...APT, 'chromium', 'fonts-liberation'],
    ],
  ),
  packageManager('dnf', null, [
    ['install', '-y', 'chromium-headless', 'liberation-fonts'],
    ['install', '-y', 'chromium'],
  ]),
  packageManager('apk', null, [['add', '--no-cache', 'chromium', 'font-liberation']]),
];

/** Runs a plan, telling each line. Resolves with whether it succeeded; never asks, never rejects. */
export async function runPlan({ prepare, choices }: InstallPlan, progress: Progress): Promise<boolean> {
  if (prepare) await runCommand(prepare, progress);
  for (const choice of choices) {
    if (await runCommand(choice, progress)) return true;
  }
  return false;
}

/** Runs one command in a process group of its own, which is ended when its time is over. */
async function runCommand([command = '', ...args]: string[], progress: Progress): Promise<boolean> {
  progress(`$ ${path.basename(command)} ${args.join(' ')}`);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...childEnvironment(), DEBIAN_FRONTEND: 'noninteractive' },
  });
  const timer = setTimeout(() => {
    progress(`Stopped after ${COMMAND_TIMEOUT / 60_000} minutes.`);
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, COMMAND_TIMEOUT);
  const lines = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  for (const reader of lines) reader.on('line', (line) => line.trim() && progress(line.trimEnd()));
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return code === 0;
}
