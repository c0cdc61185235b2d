import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hash } from 'bcryptjs';
import { type ChildProgram, startNodeProgram } from './child-program.ts';
import { freePort } from './free-port.ts';

/** An application nobody here wrote, running on loopback with one account. */
export interface RealApplication {
  readonly name: string;
  readonly loginUrl: string;
  readonly username: string;
  readonly password: string;
  /** Logins it was sent, right or wrong, by its own log. */
  attempts(): number;
  /** Everything it logged. */
  log(): string;
  close(): Promise<void>;
}

const START_MS = 60_000;
const packages = path.resolve(import.meta.dirname, '../../node_modules');

interface Recipe {
  name: string;
  loginPath: string;
  /** Writes its configuration into the folder and gives the arguments it is started with. */
  prepare(account: { folder: string; port: number; username: string; passwordHash: string }): Promise<string[]>;
  ready: RegExp;
  /** A line of its log for every login that was sent. */
  attempt: RegExp;
}

async function start(recipe: Recipe): Promise<RealApplication> {
  const folder = await mkdtemp(path.join(tmpdir(), `${recipe.name}-`));
  const username = `keeper-${randomBytes(3).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const port = await freePort();
  // 4 rounds: the application is under test only as a site, and a stronger hash would cost seconds.
  const passwordHash = await hash(password, 4);
  const program: ChildProgram = startNodeProgram(
    await recipe.prepare({ folder, port, username, passwordHash }),
    folder,
  );
  const close = async () => {
    await program.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await program.printed(recipe.ready, START_MS);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: recipe.name,
    loginUrl: `http://127.0.0.1:${port}${recipe.loginPath}`,
    username,
    password,
    attempts: () => program.output().match(recipe.attempt)?.length ?? 0,
    log: program.output,
    close,
  };
}

/** Node-RED, a flow editor: a single-page application that shows its login as a dialog and keeps a bearer token. */
export function startNodeRed(): Promise<RealApplication> {
  return start({
    name: 'node-red',
    loginPath: '/',
    ready: /Started flows/,
    attempt: /"event":"auth\.login(\.fail\.[a-z-]+)?"/g,
    async prepare({ folder, port, username, passwordHash }) {
      const settings = {
        uiHost: '127.0.0.1',
        uiPort: port,
        userDir: folder,
        adminAuth: { type: 'credentials', users: [{ username, password: passwordHash, permissions: '*' }] },
        credentialSecret: randomBytes(24).toString('hex'),
        logging: { console: { level: 'info', metrics: false, audit: true } },
        telemetry: { enabled: false, updateNotification: false },
        externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
        editorTheme: { tours: false, projects: { enabled: false } },
      };
      await writeFile(path.join(folder, 'settings.js'), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
      return [path.join(packages, 'node-red/red.js'), '--settings', path.join(folder, 'settings.js')];
    },
  });
}

/** Verdaccio, a package registry: a page whose login form opens on demand and answers by fetch. */
export function startVerdaccio(): Promise<RealApplication> {
  return start({
    name: 'verdaccio',
    loginPath: '/',
    ready: /http address/,
    attempt: /requested 'POST \/-\/verdaccio\/sec\/login'/g,
    async prepare({ folder, port, username, passwordHash }) {
      const accounts = path.join(folder, 'htpasswd');
      await writeFile(accounts, `${username}:${passwordHash}:autocreated 2026-01-01T00:00:00.000Z\n`);
      const config = {
        storage: path.join(folder, 'storage'),
        listen: `http://127.0.0.1:${port}`,
        auth: { htpasswd: { file: accounts, max_users: -1 } },
        uplinks: {},
        packages: { '**': { access: '$authenticated', publish: '$authenticated' } },
        log: { type: 'stdout', format: 'json', level: 'http' },
      };
      // JSON is YAML.
      await writeFile(path.join(folder, 'config.yaml'), JSON.stringify(config, null, 2));
      return [path.join(packages, 'verdaccio/bin/verdaccio'), '--config', path.join(folder, 'config.yaml')];
    },
  });
}
