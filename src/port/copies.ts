import { InputError } from '../base/errors.ts';
import { matrixOf } from '../patch/delta.ts';
import { readFloats, readRows, floatEntry } from '../patch/tensorReader.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { Copy } from './plan/planTypes.ts';

/** @throws InputError if what was saved twice differs: then it was not tied in training */
export async function assertCopies(file: TensorFile, copies: readonly Copy[]): Promise<void> {
  for (const { own, copy, transposed } of copies)
    if (!(await (transposed ? areTransposes(file, own, copy) : areEqual(file, own, copy))))
      throw new InputError(
        `${file.path}: ${own} and ${copy} differ, so the head was not tied to the embedding in training.`,
        'Port with the head apart from the embedding (--tied separate).',
      );
}

async function areEqual(file: TensorFile, own: string, copy: string): Promise<boolean> {
  const [one, other] = [floatEntry(file, own), floatEntry(file, copy)];
  const { rows, columns } = matrixOf(one.shape);
  if (String(one.shape) !== String(other.shape)) return false;
  const step = Math.max(1, Math.floor((1 << 20) / Math.max(1, columns)));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const [left, right] = [await readRows(file, one, row, count), await readRows(file, other, row, count)];
    if (left.some((value, i) => value !== right[i])) return false;
  }
  return true;
}

/** For the small factors of a patch. */
async function areTransposes(file: TensorFile, own: string, copy: string): Promise<boolean> {
  const { rows, columns } = matrixOf(file.entry(own).shape);
  const [one, other] = [await readFloats(file, own), await readFloats(file, copy)];
  if (one.length !== other.length) return false;
  return one.every((value, i) => value === other[(i % columns) * rows + Math.floor(i / columns)]);
}
