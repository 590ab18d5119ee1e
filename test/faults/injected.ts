/**
 * Loaded into a process with --import: counts its file operations under one folder, and at one of them ends the process or
 * lets the operation fail. The product is not changed for it: node:fs is.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Fault } from './fault.ts';

const fault = JSON.parse(process.env.PORTLLM_FAULT ?? '{"within":"\\u0000"}') as Fault;
const names: string[] = [];
let reached = false;

const MUTATING = new Set([
  ...['appendFile', 'chmod', 'copyFile', 'cp', 'link', 'mkdir', 'mkdtemp', 'rename', 'rm', 'rmdir', 'symlink'],
  ...['truncate', 'unlink', 'utimes', 'writeFile', 'write', 'writev', 'sync', 'datasync'],
]);
const READING = new Set(['access', 'lstat', 'readdir', 'readFile', 'readlink', 'realpath', 'stat', 'statfs', 'read']);
/** A full or broken disk still lets go of files. */
const REMOVING = new Set(['rm', 'rmdir', 'unlink']);

type Operation = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function counted(name: string, original: Operation, path: () => string): Operation {
  return async function (this: unknown, ...args) {
    const mutates = MUTATING.has(name) || (name === 'open' && typeof args[1] === 'string' && /[wa+]/.test(args[1]));
    if (!isCounted(mutates)) return original.apply(this, args);
    names.push(name);
    const isNow = names.length === fault.at;
    if (isNow) reached = true;
    if (isNow && fault.action === 'kill before') end();
    if (isNow && fault.change) change(fault.change);
    if (fault.code !== undefined && (isNow || (fault.sticky === true && reached)) && !REMOVING.has(name))
      throw systemError(fault.code, name, path());
    const result = await original.apply(this, args);
    if (isNow && fault.action === 'kill after') end();
    return result;
  };
}

function isCounted(mutates: boolean): boolean {
  return fault.operations === 'all' || (fault.operations === 'reading') !== mutates;
}

function end(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function change({ kind, path }: NonNullable<Fault['change']>): void {
  switch (kind) {
    case 'written to': {
      const file = fs.openSync(path, 'r+');
      fs.writeSync(file, new Uint8Array(4096).fill(0x3c), 0, 4096, Math.floor(fs.fstatSync(file).size / 2));
      return fs.closeSync(file);
    }
    case 'appended to':
      return fs.appendFileSync(path, 'x');
    case 'cut off':
      return fs.truncateSync(path, 5000);
    case 'removed':
      return fs.unlinkSync(path);
    case 'replaced': {
      fs.copyFileSync(path, `${path}.new`);
      return fs.renameSync(`${path}.new`, path);
    }
  }
}

function systemError(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: injected, ${syscall} '${path}'`), { code, syscall, path, errno: -1 });
}

function isWithin(path: unknown): boolean {
  return typeof path === 'string' && path.startsWith(fault.within);
}

const promises = fs.promises as unknown as Record<string, Operation>;
for (const name of [...MUTATING, ...READING, 'open']) {
  const original = promises[name];
  if (original === undefined) continue;
  promises[name] = async function (this: unknown, ...args) {
    const paths = args.slice(0, 2).filter(isWithin);
    if (paths.length === 0) return original.apply(this, args);
    const result = await counted(name, original, () => String(paths[0])).apply(this, args);
    if (name === 'open') watch(result as Record<string, Operation>, String(paths[0]));
    return result;
  };
}

/** The operations of a handle. */
function watch(handle: Record<string, Operation>, path: string): void {
  for (const name of [...MUTATING, ...READING]) {
    const original = handle[name];
    if (typeof original === 'function') handle[name] = counted(name, original, () => path);
  }
}

syncBuiltinESMExports();
process.on('exit', () => {
  if (fault.record !== undefined) fs.writeFileSync(fault.record, JSON.stringify(names));
});
