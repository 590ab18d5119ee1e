/** All checks: types, lint, format, unit tests, tests in a real VS Code. Ends with one line of counts. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installBrowserVscode } from './browserVscode.ts';
import { ensureSystemPackages } from './systemPackages.ts';

const root = join(import.meta.dirname, '..');
const totals = { passed: 0, failed: 0, skipped: 0 };

/** One check that passes or fails as a whole. */
function check(name: string, program: string, args: readonly string[]): void {
  console.log(`\n— ${name}`);
  const { status } = spawnSync(join(root, 'node_modules', '.bin', program), args, { cwd: root, stdio: 'inherit' });
  totals[status === 0 ? 'passed' : 'failed']++;
  console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'}`);
}

/** Test files under node:test; a run that counted nothing has failed. */
function suite(name: string, pattern: string, env: Record<string, string> = {}): void {
  console.log(`\n— ${name}`);
  const file = join(root, 'out', `${name.replaceAll(' ', '-')}.json`);
  mkdirSync(join(root, 'out'), { recursive: true });
  rmSync(file, { force: true });
  const reporters = [
    ['--test-reporter', 'spec', '--test-reporter-destination', 'stdout'],
    ['--test-reporter', './scripts/countReporter.ts', '--test-reporter-destination', file],
  ].flat();
  const args = ['--test', '--test-concurrency=1', ...reporters, ...globSync(pattern, { cwd: root }).sort()];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const counts = readCounts(file);
  if (counts.passed + counts.failed === 0 || (status !== 0 && counts.failed === 0)) counts.failed++;
  for (const key of ['passed', 'failed', 'skipped'] as const) totals[key] += counts[key];
}

function readCounts(file: string): typeof totals {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as typeof totals;
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function main(): void {
  ensureSystemPackages();
  const [newest, oldest] = [installBrowserVscode(), installBrowserVscode('oldest')];
  check('types', 'tsc', ['-p', 'tsconfig.json']);
  check('types of the pages', 'tsc', ['-p', 'webview/tsconfig.json']);
  check('lint', 'eslint', ['.']);
  check('format', 'prettier', ['--check', '--log-level', 'warn', '.']);
  suite('unit tests', 'test/unit/**/*.test.ts');
  const vscode = { CODE_SERVER_ROOT: newest, CODE_SERVER_OLDEST_ROOT: oldest };
  suite('tests in VS Code', 'test/vscode/*.test.ts', vscode);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed === 0 ? 0 : 1;
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(`\n${totals.passed} passed, ${totals.failed + 1} failed, ${totals.skipped} skipped`);
  process.exitCode = 1;
}
