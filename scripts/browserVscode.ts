import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The newest, which almost everything is tried in, and the oldest that package.json's engines allow. */
const FOLDERS = { newest: 'browser-vscode', oldest: 'browser-vscode-oldest' };
type Which = keyof typeof FOLDERS;
/** What the oldest one's server needs of those that are built. */
const BUILT = ['@parcel/watcher', '@vscode/deviceid', '@vscode/spdlog', 'kerberos', 'native-watchdog', 'node-pty'];

/** Folder of the installed npm package code-server. Installs it if its lock file has changed. @throws with npm's words */
export function installBrowserVscode(which: Which = 'newest'): string {
  const folder = join(import.meta.dirname, FOLDERS[which]);
  const installed = join(folder, 'node_modules', 'code-server');
  const stamp = join(folder, 'node_modules', '.installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return installed;
  console.error(`Installing VS Code for the browser, the ${which} (once, about two minutes) …`);
  if (which === 'newest') npm(folder, ['ci']);
  else {
    // Its own script would install what the server needs by a shrinkwrap that asks GitHub: see package.json there.
    npm(folder, ['ci', '--ignore-scripts']);
    npm(folder, ['rebuild', ...BUILT]);
    symlinkSync(join('..', '..', '..'), join(installed, 'lib', 'vscode', 'node_modules'), 'junction');
  }
  writeFileSync(stamp, wanted);
  return installed;
}

function npm(folder: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, env: buildEnvironment(), encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`code-server cannot be installed: ${stderr.trim().split('\n').slice(-12).join('\n')}`);
}

/** Its native modules must be built by, and for, this Node 24: the npm package "node" brings the headers along. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const node = realpathSync(process.execPath);
  const headers = dirname(dirname(node));
  const environment: NodeJS.ProcessEnv = {
    ...outerEnvironment(),
    PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
  };
  const nodedir = [headers, ...platformPackages()].find((path) => existsSync(join(path, 'include', 'node', 'node.h')));
  return nodedir === undefined ? environment : { ...environment, npm_config_nodedir: nodedir };
}

/**
 * Without what the npm that runs us says about itself: code-server reads the Node version from npm_config_user_agent,
 * which an inner npm takes over from an outer one.
 */
function outerEnvironment(): NodeJS.ProcessEnv {
  const own = /^(NODE|npm_(?!config_).*|npm_config_(user_agent|nodedir))$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

function platformPackages(): string[] {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const modules = join(import.meta.dirname, '..', 'node_modules');
  return [join(modules, name), join(modules, 'node', 'node_modules', name)];
}
