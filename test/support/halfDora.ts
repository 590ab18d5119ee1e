import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { readFloats } from '../../src/patch/tensorReader.ts';
import { TensorFile } from '../../src/safetensors/file.ts';
import { writeTensors } from './fixtures.ts';

/**
 * Writes a base with half of a DoRA merged into it, in plain loops: W + ½ (m · (W + s·BA) / ‖W + s·BA‖ − W), norms over each row
 * (peft/tuners/lora/dora.py).
 */
export async function halfDora(base: string, patch: string, out: string): Promise<void> {
  await using weights = await TensorFile.open(join(base, 'model.safetensors'));
  await using adapter = await TensorFile.open(join(patch, 'adapter_model.safetensors'));
  const { lora_alpha: alpha, r } = JSON.parse(await readFile(join(patch, 'adapter_config.json'), 'utf8')) as {
    lora_alpha: number;
    r: number;
  };
  const tensors = [];
  for (const [name, { shape }] of weights.header.tensors) {
    const values = await readFloats(weights, name);
    const module = `base_model.model.${name.replace(/\.weight$/, '')}`;
    if (adapter.header.tensors.has(`${module}.lora_A.weight`)) {
      const [a, b, magnitude] = [
        await readFloats(adapter, `${module}.lora_A.weight`),
        await readFloats(adapter, `${module}.lora_B.weight`),
        await readFloats(adapter, `${module}.lora_magnitude_vector`),
      ];
      const [rows = 0, columns = 0] = shape;
      for (let row = 0; row < rows; row++) {
        const sums = Array.from({ length: columns }, (_, column) => {
          let sum = 0;
          for (let k = 0; k < r; k++) sum += (b[row * r + k] ?? 0) * (a[k * columns + column] ?? 0);
          return (values[row * columns + column] ?? 0) + (alpha / r) * sum;
        });
        const scale = (magnitude[row] ?? 0) / Math.hypot(...sums);
        sums.forEach((sum, column) => {
          const at = row * columns + column;
          values[at] = ((values[at] ?? 0) + scale * sum) / 2;
        });
      }
    }
    tensors.push({ name, shape, values });
  }
  await writeTensors(join(out, 'model.safetensors'), tensors);
}
