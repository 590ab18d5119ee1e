/**
 * Items a second, time to the first item and peak memory beside lm-eval's hf backend: float32, the same threads.
 *
 *     PYTHON=… node bench/evaluate/speed.ts MODEL DATA [--tasks boolq,sst2] [--limit 100] [--out FILE.md]
 *
 * DATA is what data.py wrote; the worker is the built one (`npm run build`). lm-eval runs once with each batch size, and
 * the faster of them counts. With --alone it is left out, for models that it has no memory for.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EvaluateRequest } from '../../src/evaluation/request.ts';
import type { MemoryMode } from '../../src/model/weights/memory.ts';
import { WorkerClient } from '../../src/worker/client.ts';
import { peakMemory } from './peakMemory.ts';

interface Run {
  readonly items: number;
  /** From the command to the end. */
  readonly wholeSeconds: number;
  readonly firstSeconds: number;
  /** Without starting and loading. */
  readonly scoringSeconds: number;
  readonly anonymousBytes: number;
  /** Where our weights were, or lm-eval's batch size. */
  readonly how: string;
}

const BATCHES = ['1', '8'];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tasks: { type: 'string', default: 'boolq,sst2,winogrande,rte' },
    limit: { type: 'string', default: '100' },
    memory: { type: 'string' },
    alone: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const [model = '', data = ''] = positionals.map((path) => resolve(path));
const python = process.env.PYTHON ?? 'python3';

function requestOf(task: string, out: string): EvaluateRequest {
  return {
    columns: [{ label: 'own', model, patches: [] }],
    tasks: [task],
    data,
    limit: Number(values.limit),
    bos: 'auto',
    memory: values.memory as MemoryMode | undefined,
    bootstrapIterations: 0,
    seed: 1234,
    out,
  };
}

async function ours(task: string): Promise<Run> {
  const out = mkdtempSync(join(tmpdir(), 'portllm-speed-'));
  const entry = join(import.meta.dirname, '../../dist/worker.js');
  const worker = new WorkerClient({ entry, idleMs: 1000, log: () => undefined });
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  let memory: ReturnType<typeof peakMemory> | undefined;
  let first = Infinity;
  let asked = Infinity;
  let items = 0;
  try {
    const result = await worker.call(
      'evaluate',
      { device: 'cpu', request: requestOf(task, out) },
      {
        onProgress: ({ unit, bytesDone, bytesTotal }) => {
          void worker.pid().then((pid) => (memory ??= peakMemory(pid ?? 0)));
          if (unit !== 'items') return;
          asked = Math.min(asked, seconds());
          if (bytesDone > 0) first = Math.min(first, seconds());
          items = bytesTotal;
        },
      },
    );
    const end = seconds();
    const how = /weights (\w+)/.exec(result.notes.join())?.[1] ?? '';
    const anonymousBytes = memory?.stop() ?? 0;
    return { items, wholeSeconds: end, firstSeconds: first, scoringSeconds: end - asked, anonymousBytes, how };
  } finally {
    await worker.stop();
    rmSync(out, { recursive: true });
  }
}

async function theirs(task: string, batch: string): Promise<Run> {
  const out = join(mkdtempSync(join(tmpdir(), 'lm-eval-speed-')), 'reference.json');
  const script = join(import.meta.dirname, 'reference.py');
  const args = [script, model, data, out, '--tasks', task, '--limit', values.limit, '--batch', batch];
  const begin = performance.now();
  const process_ = spawn(python, [...args, '--threads', String(cpus().length)], { stdio: 'ignore' });
  const memory = peakMemory(process_.pid ?? 0);
  const code = await new Promise((end) => process_.on('exit', end));
  if (code !== 0) throw new Error(`lm-eval ended with ${String(code)}`);
  const wholeSeconds = (performance.now() - begin) / 1000;
  const reference = JSON.parse(readFileSync(out, 'utf8')) as {
    first_item_seconds: number;
    tasks: Record<string, { seconds: number; items: object }>;
  };
  const own = reference.tasks[task];
  if (own === undefined) throw new Error('lm-eval answered another task');
  return {
    items: Object.keys(own.items).length,
    wholeSeconds,
    firstSeconds: reference.first_item_seconds,
    scoringSeconds: own.seconds,
    anonymousBytes: memory.stop(),
    how: `batch ${batch}`,
  };
}

function row(task: string, name: string, run: Run, ratio: string): string {
  const perSecond = (run.items / run.scoringSeconds).toFixed(2);
  const cells = [task, name, run.how, run.items, perSecond, ratio, run.firstSeconds.toFixed(1)];
  return `| ${[...cells, run.wholeSeconds.toFixed(1), (run.anonymousBytes / 1e9).toFixed(2)].join(' | ')} |`;
}

const lines = [
  '| task | tool | how | items | items/s | ratio | first item, s | whole command, s | peak anonymous, GB |',
  '|---|---|---|--:|--:|--:|--:|--:|--:|',
];
const sums = { items: 0, ours: 0, theirs: 0 };
for (const task of values.tasks.split(',')) {
  const own = await ours(task);
  if (values.alone) {
    lines.push(row(task, 'PortLLM', own, ''));
    continue;
  }
  const peers = [];
  for (const batch of BATCHES) peers.push(await theirs(task, batch));
  const best = Math.min(...peers.map(({ scoringSeconds }) => scoringSeconds));
  sums.items += own.items;
  sums.ours += own.scoringSeconds;
  sums.theirs += best;
  lines.push(row(task, 'PortLLM', own, (best / own.scoringSeconds).toFixed(2)));
  for (const peer of peers) lines.push(row(task, 'lm-eval', peer, ''));
  console.log(lines.slice(-3).join('\n'));
}
const shape = model.split('/').at(-1) ?? '';
const machine = `${cpus().length} cores (${cpus()[0]?.model ?? ''})`;
const how = `float32 arithmetic, CPU, a model of the shape \`${shape}\` with random weights`;
const beside = (): string => {
  const perSecond = (seconds: number): string => (sums.items / seconds).toFixed(2);
  const ratio = (sums.theirs / sums.ours).toFixed(2);
  return `Ratio: our items a second over lm-eval's with its better batch size. Seconds of items leave out starting and loading the
model on both sides; the whole command has them.

${lines.join('\n')}

All tasks: ${perSecond(sums.ours)} items a second, lm-eval ${perSecond(sums.theirs)}: ${ratio} times as many. Where the choices are
single tokens after a long text (BoolQ), both tools compute each text once, and the matrix products of the network are the limit.`;
};
const text = values.alone
  ? `# Evaluation: bounded memory\n\n\`node bench/evaluate/speed.ts --alone\` on ${machine}: ${how}. Anonymous memory is what the
system cannot drop; weights that are mapped from their files are not.\n\n${lines.join('\n')}\n`
  : `# Evaluation: speed beside lm-eval\n\n\`node bench/evaluate/speed.ts\` on ${machine}: ${how}. ${beside()}\n`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
