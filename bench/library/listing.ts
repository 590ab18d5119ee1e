/**
 * How long a library takes to be listed, and how long the event loop of the process that does it stands still meanwhile.
 *
 *     node bench/library/listing.ts [--folders 250,500,1000,2000] [--rounds 5] [--out FILE.md]
 *
 * Each folder is a model of 291 tensors: config.json and a header as Mistral-7B's (the weights are a hole in the file). Half of
 * them have an adapter beside them.
 */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { scan } from '../../src/library/scan.ts';
import { canonicalLayout } from '../../src/safetensors/writer.ts';
import { dropCaches, machine, spread } from '../support/measure.ts';
import { configOf, shapeNamed, tensorsOf } from '../support/shapes.ts';

const { values } = parseArgs({
  options: {
    folders: { type: 'string', default: '250,500,1000,2000' },
    rounds: { type: 'string', default: '5' },
    out: { type: 'string' },
  },
});
const shape = shapeNamed('7B');
const layout = canonicalLayout(
  tensorsOf(shape).map((tensor) => ({ ...tensor, dtype: 'BF16' as const })),
  { format: 'pt' },
);
const config = configOf(shape);
const adapterConfig = JSON.stringify({
  peft_type: 'LORA',
  r: 16,
  lora_alpha: 32,
  base_model_name_or_path: 'some/base',
});
const adapter = canonicalLayout([
  { name: 'base_model.model.model.layers.0.mlp.up_proj.lora_A.weight', dtype: 'F32', shape: [16, 4096] },
]);

function makeLibrary(root: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const isAdapter = i % 2 === 1;
    const folder = join(root, `group-${i % 40}`, `${isAdapter ? 'patch' : 'model'}-${i}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, isAdapter ? 'adapter_model.safetensors' : 'model.safetensors');
    const { headerBytes, fileBytes } = isAdapter ? adapter : layout;
    writeFileSync(join(folder, isAdapter ? 'adapter_config.json' : 'config.json'), isAdapter ? adapterConfig : config);
    writeFileSync(file, headerBytes);
    truncateSync(file, fileBytes);
  }
}

async function listed(root: string, count: number): Promise<{ seconds: number; stallMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await sleep(50);
  delay.enable();
  const begin = performance.now();
  const items = await scan([{ folder: root, depth: 3 }], new AbortController().signal);
  const seconds = (performance.now() - begin) / 1000;
  await sleep(5);
  delay.disable();
  if (items.length !== count) throw new Error(`${items.length} of ${count} were found`);
  return { seconds, stallMs: delay.max / 1e6 };
}

const lines: string[] = [];
let cold = false;
for (const count of values.folders.split(',').map(Number)) {
  const root = mkdtempSync(join(tmpdir(), 'portllm-library-'));
  makeLibrary(root, count);
  const runs: { seconds: number; stallMs: number }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    cold = dropCaches();
    runs.push(await listed(root, count));
  }
  rmSync(root, { recursive: true });
  const seconds = runs.map((run) => run.seconds);
  lines.push(
    `| ${count} | ${spread(seconds, 2)} | ${spread(
      runs.map((run) => run.stallMs),
      0,
    )} |`,
  );
}
const text = `# Listing a library

\`node bench/library/listing.ts\` on ${machine()}; ${values.rounds} rounds, ${cold ? "the system's caches emptied before each" : 'caches as they were'}. Half of the folders are models of 291
tensors, half adapters. The longest time that the event loop stood still, with one millisecond of resolution, is of the same process.

| folders | seconds | longest stall, ms |
| ---: | ---: | ---: |
${lines.join('\n')}

It grows with the number of folders, as each is read once: its names, its configuration, its headers.
`;
console.log(text);
if (values.out !== undefined) writeFileSync(values.out, text);
