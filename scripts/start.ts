/** `npm start`: ports the sample patch in the terminal, evaluates it, then opens VS Code on the sample library. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../test/vscode/harness/server.ts';
import { installBrowserVscode } from './browserVscode.ts';

const root = join(import.meta.dirname, '..');
const library = join(root, 'out', 'sample-library');
const headless = process.argv.includes('--headless');

/** A fresh copy: what is tried out never changes the samples. */
function copySamples(): void {
  rmSync(library, { recursive: true, force: true });
  mkdirSync(library, { recursive: true });
  for (const part of ['models', 'patches', 'tasks', 'README.md'])
    cpSync(join(root, 'samples', part), join(library, part), { recursive: true });
}

function portllm(args: readonly string[], results: 'shown' | 'hidden' = 'shown'): void {
  const stdio = ['inherit', results === 'shown' ? 'inherit' : 'ignore', 'inherit'] as const;
  const { status } = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), ...args], { stdio: [...stdio] });
  if (status !== 0) process.exit(status ?? 1);
}

function portInTerminal(): void {
  console.log('\nPorting the patch "kind", trained on storyteller-v1, onto storyteller-v2:\n');
  const [patch, onto] = [join(library, 'patches', 'kind'), join(library, 'models', 'storyteller-v2')];
  portllm(['port', patch, '--onto', onto, '--out', join(library, 'ported', 'kind-on-storyteller-v2')]);
}

/** The five columns by which a port is judged, on the task that the patch was trained for. */
function evaluateInTerminal(): void {
  console.log('\nWhat the port is worth, on 500 items that nobody was trained on:\n');
  const [v1, v2] = ['storyteller-v1', 'storyteller-v2'].map((name) => join(library, 'models', name));
  const retrained = join(root, 'samples', 'reference', 'kind-retrained');
  const columns = [
    { role: 'old base', model: v1 },
    { role: 'old base + patch', model: v1, patch: join(library, 'patches', 'kind') },
    { role: 'new base', model: v2 },
    { role: 'ported', model: join(library, 'ported', 'kind-on-storyteller-v2') },
    { role: 'retrained', model: v2, patch: retrained },
  ];
  const out = join(library, 'evaluations');
  for (const { role, model, patch } of columns) {
    const task = ['--task', join(library, 'tasks', 'kind.test.jsonl'), '--out', join(out, role)];
    const named = ['--role', role, '--label', role, ...(patch === undefined ? [] : ['--patch', patch])];
    portllm(['evaluate', model ?? '', ...named, ...task], 'hidden');
  }
  portllm(['compare', ...columns.map(({ role }) => join(out, role))]);
}

function hasDesktopCode(): boolean {
  const display = process.platform !== 'linux' || 'DISPLAY' in process.env || 'WAYLAND_DISPLAY' in process.env;
  return (
    display && spawnSync('code', ['--version'], { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0
  );
}

function openDesktop(): void {
  console.log('\nOpening VS Code on the sample library. Look for PortLLM in the activity bar.');
  const args = [`--extensionDevelopmentPath=${root}`, '--new-window', library];
  spawn('code', args, { stdio: 'ignore', detached: true, shell: process.platform === 'win32' }).unref();
}

/** The extension is installed by a link, as an unpacked folder: the built workbench takes no development path. */
async function openBrowser(): Promise<void> {
  const extensionsDir = join(root, 'out', 'extensions');
  const { publisher, name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  rmSync(extensionsDir, { recursive: true, force: true });
  mkdirSync(extensionsDir, { recursive: true });
  symlinkSync(root, join(extensionsDir, `${publisher}.${name}-${version}`), 'junction');
  const token = randomBytes(16).toString('hex');
  const server = await startServer({
    codeServerRoot: installBrowserVscode(),
    nodePath: process.execPath,
    extensionsDir,
    settings: { 'workbench.startupEditor': 'none' },
    smokeTestDriver: false,
    connectionToken: token,
  });
  console.log(
    `\nVS Code runs in the browser. Open\n\n  ${server.url}/?tkn=${token}&folder=${encodeURIComponent(library)}\n`,
  );
  console.log(
    'PortLLM is in the activity bar; right-click models/storyteller-v2 and choose "Port Patch…". Ctrl+C ends it.',
  );
}

async function main(): Promise<void> {
  copySamples();
  portInTerminal();
  evaluateInTerminal();
  if (headless) {
    console.log('\nLeft out because of --headless: opening VS Code on the sample library.');
    return;
  }
  if (hasDesktopCode()) {
    openDesktop();
    return;
  }
  try {
    await openBrowser();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`\nLeft out: opening VS Code. There is no desktop "code" here, and none for the browser:\n${reason}`);
  }
}

await main();
