import { throwIfCancelled, yieldToEvents } from '../base/abort.ts';
import { InputError } from '../base/errors.ts';
import { ProgressMeter, type ProgressSink } from '../base/progress.ts';
import { countPatterns, valuesOfPatterns, wideValues } from '../kernels/stored.ts';
import { TensorFile } from '../safetensors/file.ts';
import type { TensorEntry } from '../safetensors/header.ts';
import type { TensorFigures, TensorFiguresRequest } from './figureTypes.ts';
import { ValueSums } from './valueSums.ts';

/**
 * What the stored values of one tensor add up to, read piece by piece. Scales that belong to it (FP8) are not applied.
 *
 * @throws InputError if the file cannot be read, or the values of its dtype are not known; CancelledError
 */
export async function tensorFigures(
  request: TensorFiguresRequest,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<TensorFigures> {
  throwIfCancelled(signal);
  await using file = await TensorFile.open(request.file);
  const entry = file.entry(request.tensor);
  const meter = new ProgressMeter('Reading', { bytes: entry.end - entry.begin, tensors: 1 }, sink);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of file.pieces(entry.begin, entry.end)) {
      await yieldToEvents(signal);
      yield piece;
      meter.addBytes(piece.length);
    }
  };
  const sums = await addUp(pieces(), entry, file.path);
  await file.assertUnchanged();
  meter.addTensor();
  return { tensor: entry.name, dtype: entry.dtype, ...sums.figures() };
}

async function addUp(
  pieces: AsyncIterable<Uint8Array>,
  { name, dtype }: TensorEntry,
  path: string,
): Promise<ValueSums> {
  const sums = new ValueSums();
  const values = valuesOfPatterns(dtype);
  if (values !== undefined) {
    // Few values occur often: counting them is fast, and the sums have few terms.
    const counts = new Float64Array(values.length);
    for await (const piece of pieces) countPatterns(piece, counts);
    for (const [pattern, count] of counts.entries()) if (count > 0) sums.add(values[pattern] ?? NaN, count);
    return sums;
  }
  if (wideValues(new Uint8Array(), dtype) === undefined)
    throw new InputError(
      `${path}: the values of ${name} cannot be added up, for they are ${dtype}.`,
      'This can be done with F64, F32, F16, BF16, F8_E4M3, F8_E5M2, BOOL and integers.',
    );
  for await (const piece of pieces) {
    const wide = wideValues(piece, dtype) ?? [];
    // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator over a typed array is some ten times slower
    for (let i = 0; i < wide.length; i++) sums.add(wide[i] ?? NaN, 1);
  }
  return sums;
}
