import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

const INTERVAL_MS = 50;

/** One command, from its start to its end. */
export interface Measured {
  readonly seconds: number;
  /** Of it and of all its children, user and system. */
  readonly cpuSeconds: number;
  /** The most that all its processes had together, in bytes: anonymous and shared memory, and with the files they mapped. */
  readonly peakBytes: number;
  readonly peakWithFilesBytes: number;
  readonly output: string;
}

/** @throws if it fails, with the end of what it said */
export async function measure(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  // bash waits for it and knows the time of all that it waited for.
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$0" "$@"', command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-20_000)));
  const watch = watchMemory(child.pid ?? 0);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const { peak, peakWithFiles } = watch.stop();
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}:\n${errors.slice(-3000)}`);
  const [seconds = NaN, user = NaN, system = NaN] = (errors.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return {
    ...{ seconds, cpuSeconds: user + system, output },
    ...{ peakBytes: peak, peakWithFilesBytes: peakWithFiles },
  };
}

function watchMemory(root: number): { stop: () => { peak: number; peakWithFiles: number } } {
  let [peak, peakWithFiles] = [0, 0];
  const look = (): void => {
    let [own, withFiles] = [0, 0];
    for (const pid of treeOf(root)) {
      const status = field(pid, 'status');
      const kilobytes = (name: string): number =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
      own += 1024 * (kilobytes('RssAnon') + kilobytes('RssShmem'));
      withFiles += 1024 * kilobytes('VmRSS');
    }
    peak = Math.max(peak, own);
    peakWithFiles = Math.max(peakWithFiles, withFiles);
  };
  const timer = setInterval(look, INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return { peak, peakWithFiles };
    },
  };
}

function field(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /\) \S (\d+)/.exec(/^\d+$/.test(name) ? field(Number(name), 'stat') : '')?.[1];
    if (parent !== undefined) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** So that files are read from the disk. @returns whether that is allowed here */
export function dropCaches(): boolean {
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return true;
  } catch {
    return false;
  }
}

/** @throws if there is less */
export function assertFree(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes)
    throw new Error(
      `${folder} has ${Math.round((bavail * bsize) / 1e9)} GB free, ${Math.round(bytes / 1e9)} GB are needed`,
    );
}

export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${memory} GiB, ${process.platform}, Node ${process.version}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Of several runs: the middle, and from the least to the most. */
export function spread(values: readonly number[], digits = 1): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const middle = median(values).toFixed(digits);
  return values.length === 1 ? middle : `${middle} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
