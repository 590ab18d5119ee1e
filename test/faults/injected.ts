/**
 * Loaded into a process with --import: counts its file operations under one folder, and at one of them ends the process or
 * lets the operation fail. The product is not changed for it: node:fs is.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import type { Fault } from './fault.ts';

const fault = JSON.parse(process.env.PORTLLM_FAULT ?? '{"within":"\\u0000"}') as Fault;

const MUTATING = new Set([
  ...['appendFile', 'chmod', 'copyFile', 'cp', 'link', 'mkdir', 'mkdtemp', 'rename', 'rm', 'rmdir', 'symlink'],
  ...['truncate', 'unlink', 'utimes', 'writeFile', 'write', 'writev', 'sync', 'datasync'],
]);
const READING = new Set(['access', 'lstat', 'readdir', 'readFile', 'readlink', 'realpath', 'stat', 'statfs', 'read']);
/** A full or broken disk still lets go of files. */
const REMOVING = new Set(['rm', 'rmdir', 'unlink']);

const NAMES = ['open', ...MUTATING, ...READING];

/** Of all threads of the process: how many operations there were, whether the fault was reached, and what they were. */
const MOST = 100_000;
const COUNTED = 'portllm-fault';
const counted32 = new Int32Array((getEnvironmentData(COUNTED) as SharedArrayBuffer | undefined) ?? begin());

function begin(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(4 * (2 + MOST));
  setEnvironmentData(COUNTED, buffer);
  return buffer;
}

/** @returns its number; the first is 1 */
function note(name: string): number {
  const number = Atomics.add(counted32, 0, 1) + 1;
  if (number <= MOST) counted32[1 + number] = NAMES.indexOf(name);
  return number;
}

function isReached(): boolean {
  return Atomics.load(counted32, 1) !== 0;
}

type Operation = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function counted(name: string, original: Operation, path: () => string): Operation {
  return async function (this: unknown, ...args) {
    const mutates = MUTATING.has(name) || (name === 'open' && typeof args[1] === 'string' && /[wa+]/.test(args[1]));
    if (!isCounted(mutates)) return original.apply(this, args);
    const isNow = before(name, path());
    const result = await original.apply(this, args);
    if (isNow && fault.action === 'kill after') end();
    return result;
  };
}

/** @returns whether this is the operation */
function before(name: string, path: string): boolean {
  const isNow = note(name) === fault.at;
  if (isNow) Atomics.store(counted32, 1, 1);
  if (isNow && fault.action === 'kill before') end();
  if (isNow && fault.change) change(fault.change);
  if (fault.code !== undefined && (isNow || (fault.sticky === true && isReached())) && !REMOVING.has(name))
    throw systemError(fault.code, name, path);
  return isNow;
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

/** Lanes work with descriptors, which other threads have opened. */
function watchDescriptors(name: 'readSync' | 'writeSync', plain: string): void {
  const original = fs[name] as (file: number, ...rest: unknown[]) => number;
  const watched = (file: number, ...rest: unknown[]): number => {
    const path = fs.readlinkSync(`/proc/self/fd/${file}`);
    if (!isWithin(path) || !isCounted(MUTATING.has(plain))) return original(file, ...rest);
    const isNow = before(plain, path);
    const result = original(file, ...rest);
    if (isNow && fault.action === 'kill after') end();
    return result;
  };
  Object.assign(fs, { [name]: watched });
}

/** In the main thread nothing but these tests themselves reads or writes so. */
if (!isMainThread) {
  watchDescriptors('readSync', 'read');
  watchDescriptors('writeSync', 'write');
}

syncBuiltinESMExports();
process.on('exit', () => {
  if (!isMainThread || fault.record === undefined) return;
  const names = [...counted32.subarray(2, 2 + Atomics.load(counted32, 0))].map((index) => NAMES[index]);
  fs.writeFileSync(fault.record, JSON.stringify(names));
});
