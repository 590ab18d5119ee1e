/** Adapters that PEFT did not write: their names and layouts lead to the same port, by a rule that the plan announces. */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OrtKernel } from '../../../src/kernels/runtime/ortKernel.ts';
import { transpose } from '../../../src/kernels/lowRank.ts';
import { readFloats } from '../../../src/patch/tensorReader.ts';
import type { PortRequest } from '../../../src/port/plan/planTypes.ts';
import { planPort, port, type PortResult } from '../../../src/port/port.ts';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { writeTensors } from '../../support/fixtures.ts';
import { GOLDEN, temporaryFolder } from '../../support/paths.ts';

const NEVER = new AbortController().signal;
const PATCH = join(GOLDEN, 'llama-bf16/patch');
const ONTO = join(GOLDEN, 'llama-bf16/new');
const SCALING = 2;
const RANK = 8;

interface Factor {
  readonly module: string;
  readonly factor: 'A' | 'B';
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

async function factors(): Promise<Factor[]> {
  await using file = await TensorFile.open(join(PATCH, 'adapter_model.safetensors'));
  return await Promise.all(
    [...file.header.tensors.values()].map(async ({ name, shape }) => {
      const [, module = '', factor = ''] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
      return { module, factor: factor === 'A' ? 'A' : 'B', values: await readFloats(file, name), shape } as const;
    }),
  );
}

/** The same patch as MLX-LM would have saved it. */
async function writeMlx(folder: string, parameters: object): Promise<string> {
  await mkdir(folder);
  const tensors = (await factors()).map(({ module, factor, values, shape: [rows = 0, columns = 0] }) => ({
    name: `${module}.lora_${factor.toLowerCase()}`,
    shape: [columns, rows],
    values: transpose(values, rows, columns),
  }));
  await writeTensors(join(folder, 'adapters.safetensors'), tensors);
  const config = { fine_tune_type: 'lora', num_layers: 2, lora_parameters: parameters, model: 'golden/old' };
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(config));
  return folder;
}

/** The same patch as kohya's scripts name it. */
async function writeKohya(path: string): Promise<string> {
  const all = await factors();
  const tensors = all.map(({ module, factor, values, shape }) => ({
    name: `lora_te_${module.replaceAll('.', '_')}.lora_${factor === 'A' ? 'down' : 'up'}.weight`,
    shape,
    values,
  }));
  const alphas = all
    .filter(({ factor }) => factor === 'A')
    .map(({ module }) => ({
      name: `lora_te_${module.replaceAll('.', '_')}.alpha`,
      shape: [],
      values: Float32Array.of(SCALING * RANK),
    }));
  await writeTensors(path, [...tensors, ...alphas]);
  return path;
}

describe('dialects', () => {
  let kernel: OrtKernel;
  let expected: PortResult;
  const run = (request: Omit<PortRequest, 'onto' | 'scale'>): Promise<PortResult> =>
    port({ onto: ONTO, scale: 1, ...request }, kernel, 'test', () => undefined, NEVER);
  const outcome = ({ provenance }: PortResult): unknown =>
    provenance.tensors.map(({ target, measured }) => [target, measured?.sha256]);
  before(async () => {
    kernel = await OrtKernel.create('cpu');
    await using folder = await temporaryFolder();
    expected = await run({ patch: PATCH, out: join(folder.path, 'out'), as: 'checkpoint' });
  });
  after(() => kernel.release());

  const dialects: Record<string, { write: (folder: string) => Promise<string>; rule: RegExp }> = {
    MLX: {
      write: (folder) => writeMlx(join(folder, 'mlx'), { rank: RANK, scale: SCALING, dropout: 0 }),
      rule: /^MLX: A and B are stored transposed, same name$/,
    },
    'MLX of 2024': {
      write: (folder) => writeMlx(join(folder, 'mlx'), { rank: RANK, alpha: RANK, scale: SCALING }),
      rule: /^MLX/,
    },
    kohya: {
      write: (folder) => writeKohya(join(folder, 'patch.safetensors')),
      rule: /^kohya: the name with underscores for dots, is model\.layers\.\d\./,
    },
  };
  for (const [name, { write, rule }] of Object.entries(dialects))
    it(`ports what ${name} wrote, as PEFT's own, to both outputs`, async () => {
      await using folder = await temporaryFolder();
      const patch = await write(folder.path);
      const direct = await run({ patch, out: join(folder.path, 'c'), as: 'checkpoint' });
      assert.deepEqual(outcome(direct), outcome(expected));
      const plan = await planPort({ patch, onto: ONTO, out: '', as: 'adapter', scale: 1 });
      for (const item of plan.items) assert.match(item.rule, rule);
      const { folder: adapter } = await run({ patch, out: join(folder.path, 'a'), as: 'adapter' });
      const again = await run({ patch: adapter, out: join(folder.path, 'again'), as: 'checkpoint' });
      assert.deepEqual(outcome(again), outcome(expected));
    });

  it('refuses an MLX adapter that states no scale, or is no LoRA', async () => {
    await using folder = await temporaryFolder();
    const silent = await writeMlx(join(folder.path, 'silent'), { rank: RANK });
    await assert.rejects(run({ patch: silent, out: join(folder.path, 'out'), as: 'adapter' }), /states no scale/);
    const dora = await writeMlx(join(folder.path, 'dora'), { rank: RANK, scale: 1 });
    const config = join(dora, 'adapter_config.json');
    await writeFile(config, (await readFile(config, 'utf8')).replace('"lora"', '"dora"'));
    await assert.rejects(
      run({ patch: dora, out: join(folder.path, 'out'), as: 'adapter' }),
      /type dora are not ported/,
    );
  });

  it('refuses a lone file of PEFT, whose scale nobody knows', async () => {
    const patch = join(PATCH, 'adapter_model.safetensors');
    await assert.rejects(
      planPort({ patch, onto: ONTO, out: '', as: 'adapter', scale: 1 }),
      /without it the scale|one file/,
    );
  });

  it('does not read a pickle that lies beside the safetensors, and says so', async () => {
    await using folder = await temporaryFolder();
    const patch = join(folder.path, 'patch');
    await cp(PATCH, patch, { recursive: true });
    await writeFile(join(patch, 'adapter_model.bin'), 'stale');
    const { warnings } = await planPort({ patch, onto: ONTO, out: '', as: 'adapter', scale: 1 });
    assert.match(warnings.join(), /adapter_model\.bin lies beside adapter_model\.safetensors and is not read/);
    await rm(join(patch, 'adapter_model.safetensors'));
    await assert.rejects(
      planPort({ patch, onto: ONTO, out: '', as: 'adapter', scale: 1 }),
      /adapter_model\.bin is not/,
    );
  });
});
