/** Mutated files of every kind: each is read or refused in words, soon and with little memory. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../support/paths.ts';
import { Scene } from '../scene.ts';
import { Tally, type Row } from '../table.ts';
import type { Assignment, Report } from './child.ts';
import { targetsOf } from './targets.ts';

export interface FuzzOptions {
  /** Of all targets together. */
  readonly inputs: number;
  readonly seed: number;
  readonly only?: string | undefined;
}

/** An input that takes longer has hung. */
const HUNG_MS = 5000;
const LOOK_MS = 250;
const HEAP_MB = 300;
const PROCESSES = 2;
/** Inputs that were lost, to be read again. */
const KEPT = join(ROOT, 'out', 'faults');

export async function fuzzRows({ inputs, seed, only }: FuzzOptions): Promise<Row[]> {
  const targets = await namesAndWeights();
  const chosen = targets.filter(({ name }) => only === undefined || name === only);
  const weights = chosen.reduce((sum, { weight }) => sum + weight, 0);
  const rows = new Map<string, Row>();
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const own = Math.max(1, Math.round((inputs * next.weight) / weights));
      rows.set(next.name, await fuzzTarget(next.name, own, seed));
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, work));
  return chosen.flatMap(({ name }) => rows.get(name) ?? []);
}

async function namesAndWeights(): Promise<{ name: string; weight: number }[]> {
  await using scene = await Scene.create();
  return (await targetsOf(scene)).map(({ name, weight }) => ({ name, weight }));
}

async function fuzzTarget(target: string, inputs: number, seed: number): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'portllm faults '));
  const assignment = { target, inputs, seed, progressFile: join(folder, 'progress'), inputFile: join(folder, 'input') };
  const tally = new Tally(`mutated ${target}`);
  let kinds = 0;
  try {
    for (let from = 0; from < inputs;) {
      const ended = await runChild({ ...assignment, from });
      const at = Number(await readFile(assignment.progressFile, 'utf8').catch(() => String(from)));
      if (typeof ended !== 'string') {
        kinds = Math.max(kinds, ended.kinds);
        for (const { index, problem, input } of ended.problems)
          tally.add([problem], await keep(target, index, Buffer.from(input, 'base64')));
        break;
      }
      tally.add([ended], await keep(target, at, await readFile(assignment.inputFile)));
      from = at + 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const lost = tally.lost.length;
  return {
    fault: `mutated ${target}`,
    tries: inputs,
    survived: inputs - lost,
    lost,
    note: `${kinds} different outcomes`,
  };
}

/** @returns its report, or how it ended otherwise */
async function runChild(assignment: Assignment): Promise<Report | string> {
  const child = fork(join(import.meta.dirname, 'child.ts'), [], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
  const exited = once(child, 'exit');
  const reports: Report[] = [];
  child.on('message', (message: Report) => void reports.push(message));
  child.send(assignment);
  const state = { isHung: false };
  void watch(assignment.progressFile, exited, () => (state.isHung = child.kill('SIGKILL')));
  const [code, signal] = (await exited) as [number | null, string | null];
  const [report] = reports;
  if (report !== undefined) return report;
  return state.isHung ? `hung for ${HUNG_MS} ms` : `ended with ${signal ?? code ?? ''}: ${said}`;
}

async function watch(file: string, exited: Promise<unknown>, onHung: () => void): Promise<void> {
  let [last, since] = ['', Date.now()];
  let isRunning = true;
  void exited.then(() => (isRunning = false));
  for (;;) {
    await sleep(LOOK_MS);
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- changes while it sleeps
    if (!isRunning) return;
    const now = await readFile(file, 'utf8').catch(() => '');
    if (now !== last || now === '') [last, since] = [now, Date.now()];
    else if (Date.now() - since > HUNG_MS) {
      onHung();
      return;
    }
  }
}

async function keep(target: string, index: number, input: Buffer): Promise<string> {
  await mkdir(KEPT, { recursive: true });
  const path = join(KEPT, `${target.replaceAll(/[^\w.]+/g, '-')}-${index}`);
  await writeFile(path, input);
  return `input ${index}, kept as ${path}`;
}
