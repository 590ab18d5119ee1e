/**
 * Porting beside copying, PEFT and mergekit: wall, CPU and memory of the whole commands, in turn, in one run.
 *
 *     node bench/port/port.ts DIR [--shape 7B] [--rank 16] [--rounds 3] [--peers cp,peft,mergekit] [--out FILE.md]
 *
 * DIR gets the models (14.5 GB for the 7B shape) and one output at a time; PEFT and mergekit are run once. `npm run build`
 * comes first. Where it may, it empties the system's caches before each command, and then says so.
 */
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { basePools, makeLora, makeModel, parametersOf } from '../support/makeModel.ts';
import { assertFree, dropCaches, machine, measure, median, spread, type Measured } from '../support/measure.ts';
import { pythonIn } from '../support/python.ts';
import { shapeNamed } from '../support/shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: '7B' },
    rank: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'string', default: 'cp,peft,mergekit' },
    tokens: { type: 'string', default: '512' },
    out: { type: 'string' },
  },
});
const root = resolve(positionals[0] ?? 'bench-models');
const cli = join(import.meta.dirname, '../../dist/cli.js');
const shape = shapeNamed(values.shape);
const folder = join(root, values.shape);
const [base, lora] = [join(folder, 'new'), join(folder, `lora${values.rank}`)];
const output = join(root, 'out');
const peers = values.peers.split(',').filter((peer) => peer !== '');

const ours = (as: string): [string, string[]] => [
  process.execPath,
  [cli, 'port', lora, '--onto', base, '--out', output, '--as', as, '--device', 'cpu'],
];

const commands: Record<string, { once: boolean; command: () => [string, string[]] }> = {
  'PortLLM, checkpoint': { once: false, command: () => ours('checkpoint') },
  'cp -r': { once: false, command: () => ['cp', ['-r', base, output]] },
  'cp -r, and sync': { once: false, command: () => ['bash', ['-c', 'cp -r "$0" "$1" && sync', base, output]] },
  'PortLLM, adapter': { once: false, command: () => ours('adapter') },
  PEFT: {
    once: true,
    command: () => [pythonIn(root, 'peft'), [join(import.meta.dirname, 'peft_merge.py'), base, lora, output]],
  },
  mergekit: { once: true, command: mergekit },
  'PEFT, a step of fine-tuning': {
    once: true,
    command: () => [pythonIn(root, 'peft'), [join(import.meta.dirname, 'finetune_step.py'), base, values.tokens]],
  },
};
const NEEDS: Readonly<Record<string, string>> = {
  ...{ 'cp -r': 'cp', 'cp -r, and sync': 'cp', PEFT: 'peft', mergekit: 'mergekit' },
  'PEFT, a step of fine-tuning': 'finetune',
};

function mergekit(): [string, string[]] {
  const config = join(root, 'mergekit.yaml');
  const model = { model: `${base}+${lora}` };
  writeFileSync(
    config,
    JSON.stringify({ merge_method: 'linear', dtype: 'bfloat16', models: [{ ...model, parameters: { weight: 1 } }] }),
  );
  const cache = ['--lora-merge-cache', join(root, 'mergekit-cache'), '--no-copy-tokenizer'];
  return [join(pythonIn(root, 'mergekit'), '../mergekit-yaml'), [config, output, ...cache]];
}

async function prepare(): Promise<void> {
  const pools = existsSync(join(base, 'config.json')) && existsSync(lora) ? undefined : basePools();
  assertFree(root, 2 * parametersOf(shape) * (pools === undefined ? 1.1 : 2.1));
  if (pools !== undefined) {
    await makeModel(base, shape, pools.new);
    await makeLora(lora, shape, base, Number(values.rank));
  }
}

function clear(): void {
  rmSync(output, { recursive: true, force: true });
  rmSync(join(root, 'mergekit-cache'), { recursive: true, force: true });
}

async function runOnce(name: string): Promise<Measured> {
  const [command, args] = commands[name]?.command() ?? ['false', []];
  clear();
  await measure('sync', []);
  dropCaches();
  const measured = await measure(command, args, { HF_HUB_OFFLINE: '1' });
  const extra = name.startsWith('PEFT, a step') ? '' : ` ${(sizeOf(output) / 1e9).toFixed(2)} GB written`;
  console.log(
    `${name}: ${measured.seconds} s, ${measured.cpuSeconds.toFixed(1)} s CPU, ${Math.round(measured.peakBytes / 1e6)} MB,${extra}`,
  );
  return measured;
}

function sizeOf(path: string): number {
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

function table(results: ReadonlyMap<string, readonly Measured[]>): string {
  const all = (name: string, value: (one: Measured) => number): number[] => (results.get(name) ?? []).map(value);
  const ofOurs = all('PortLLM, checkpoint', ({ seconds }) => seconds);
  const lines = [...results].map(([name, runs]) => {
    const seconds = runs.map((run) => run.seconds);
    // Of the same round where there are as many; a peer that runs once stands beside our median.
    const ratios =
      seconds.length === ofOurs.length
        ? ofOurs.map((own, i) => own / (seconds[i] ?? NaN))
        : [median(ofOurs) / median(seconds)];
    const memory = runs.map((run) => run.peakBytes / 1e6);
    const withFiles = runs.map((run) => run.peakWithFilesBytes / 1e6);
    const cpu = runs.map((run) => run.cpuSeconds);
    return `| ${name} | ${spread(seconds)} | ${spread(ratios, 2)} | ${spread(cpu)} | ${spread(memory, 0)} | ${spread(withFiles, 0)} |`;
  });
  return [
    '| command | wall, s | ours / its | CPU, s | peak memory, MB | with mapped files, MB |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

async function main(): Promise<void> {
  await prepare();
  const cold = dropCaches();
  const names = Object.keys(commands).filter((name) => NEEDS[name] === undefined || peers.includes(NEEDS[name]));
  const results = new Map<string, Measured[]>(names.map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of names)
      if (round === 0 || commands[name]?.once === false) {
        try {
          results.get(name)?.push(await runOnce(name));
        } catch (error) {
          console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
  clear();
  const said = results.get('PEFT')?.[0]?.output.trim() ?? '';
  const text = `# Port, ${values.shape} (the shapes of ${shape.like}), LoRA of rank ${values.rank} on all linears

\`node bench/port/port.ts\` on ${machine()}; ${cold ? "the system's caches emptied before each command" : 'caches as they were'};
${values.rounds} rounds, peers once${said === '' ? '' : ` (${said.split('\n').at(-1) ?? ''})`}. Whole commands; memory of all their processes, anonymous and shared. In brackets from the least to the most.

${table(new Map([...results].filter(([, runs]) => runs.length > 0)))}
`;
  console.log(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
}

await main();
