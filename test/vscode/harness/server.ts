import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endTree, hasExited, killTree, onDeath } from './processTree.ts';

export interface ServerOptions {
  /** Folder of the npm package code-server (the one that holds lib/vscode). */
  codeServerRoot: string;
  /** Must be the Node major that the package's native modules were built for. */
  nodePath: string;
  extensionsDir?: string;
  settings: Record<string, unknown>;
  /** Without it a built workbench silently ignores the development and tests paths of the payload. */
  smokeTestDriver: boolean;
  /** Folders are opened as a stranger's, in restricted mode. */
  restricted?: boolean;
  /** Who may open a page; without it, anybody on this machine. */
  connectionToken?: string;
}

export interface VsCodeServer {
  url: string;
  dataDir: string;
  log(): string;
  stop(): Promise<void>;
}

const READY = 'Extension host agent started';
const START_TIMEOUT_MS = 60_000;
const LOG_TAIL = 4_000;

const QUIET_SETTINGS: Record<string, unknown> = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export async function startServer(options: ServerOptions): Promise<VsCodeServer> {
  const port = await freePort();
  const dataDir = await mkdtemp(join(tmpdir(), 'vscode-server-'));
  try {
    await writeSettings(dataDir, options.settings);
    return await launch(options, dataDir, port);
  } catch (error) {
    await removeFolder(dataDir);
    throw error;
  }
}

async function launch(options: ServerOptions, dataDir: string, port: number): Promise<VsCodeServer> {
  const child = spawnServer(options, dataDir, port);
  const log = collectLog(child);
  const callOff = onDeath(() => {
    killTree(child, 'SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });
  const stop = async (): Promise<void> => {
    await endTree(child);
    callOff();
    await removeFolder(dataDir);
  };
  try {
    await waitUntilReady(child, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, dataDir, log, stop };
}

function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function writeSettings(dataDir: string, settings: Record<string, unknown>): Promise<void> {
  // Before the first page opens: a later write to this file goes unnoticed.
  const userDir = join(dataDir, 'data', 'User');
  await mkdir(userDir, { recursive: true });
  await writeFile(join(userDir, 'settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function spawnServer(options: ServerOptions, dataDir: string, port: number): ChildProcess {
  const args = [
    join(options.codeServerRoot, 'lib', 'vscode', 'out', 'server-main.js'),
    ...['--host', '127.0.0.1', '--port', String(port), '--server-data-dir', dataDir, '--telemetry-level', 'off'],
    '--accept-server-license-terms',
    ...(options.restricted === true ? [] : ['--disable-workspace-trust']),
    ...(options.connectionToken === undefined
      ? ['--without-connection-token']
      : ['--connection-token', options.connectionToken]),
    ...(options.smokeTestDriver ? ['--enable-smoke-test-driver'] : []),
    ...(options.extensionsDir === undefined ? [] : ['--extensions-dir', options.extensionsDir]),
  ];
  // Its own process group, so that one signal reaches the extension hosts and their children too.
  const detached = process.platform !== 'win32';
  return spawn(options.nodePath, args, { detached, env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  // VSCODE_* of an outer VS Code and the marker of an outer node:test would change what runs inside.
  const foreign = (name: string): boolean => name.startsWith('VSCODE_') || name === 'NODE_TEST_CONTEXT';
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign(name)));
}

function collectLog(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  child.once('error', (error) => (text += `${error.message}\n`));
  return () => text;
}

async function waitUntilReady(child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!log().includes(READY)) {
    // First, so that the reason of a failed spawn is in the log, too.
    await sleep(50);
    const dead = hasExited(child);
    if (dead || Date.now() > deadline) {
      const reason = dead ? 'ended while starting' : `was not ready after ${START_TIMEOUT_MS} ms`;
      throw new Error(`The VS Code server ${reason}. Its log ends with:\n${log().slice(-LOG_TAIL)}`);
    }
  }
}
