import { realpath } from 'node:fs/promises';
import platformPath from 'node:path';
import { throwIfCancelled } from '../../base/abort.ts';
import { InputError } from '../../base/errors.ts';
import { ProgressMeter, type ProgressSink } from '../../base/progress.ts';
import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { isReadable } from '../../checkpoint/float8.ts';
import { matrixOf } from '../../patch/delta.ts';
import { readBaseRows } from '../../patch/tensorReader.ts';
import type { FloatDtype } from '../../safetensors/dtypes.ts';
import { elements } from '../../safetensors/shape.ts';
import type { Architecture } from '../architecture.ts';
import { HEAD } from '../names.ts';
import { staysInFile, type MemoryMode } from './memory.ts';
import { neededWeights } from './recorder.ts';
import type { HeldWeight, MappedWeight, Weight } from './weight.ts';

const TYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;
const TILE_ELEMENTS = 1 << 22;
/** Buffers that old checkpoints store and no model reads. */
const IGNORED = /\.rotary_emb\.inv_freq$|\.masked_bias$|\.attn\.bias$/;

/**
 * The weights that a network needs: mapped, or read and widened to float32. float32 files are always mapped; FP8 and pickles are
 * always read.
 *
 * @throws InputError if config.json promises a tensor that is not there, or of another shape
 */
export async function loadWeights(
  checkpoint: Checkpoint,
  architecture: Architecture,
  memory: MemoryMode,
  sink: ProgressSink,
  signal: AbortSignal,
): Promise<Map<string, Weight>> {
  const needed = neededWeights(architecture);
  const located = [...needed].map(([name, shape]) => ({ name, tensor: locate(checkpoint, name, shape) }));
  const toRead = located.filter(({ tensor }) => !staysInFile(tensor, memory));
  const bytes = toRead.reduce((sum, { tensor }) => sum + tensor.entry.end - tensor.entry.begin, 0);
  // Nothing is read where all is mapped.
  const meter = new ProgressMeter(
    'load',
    { bytes, tensors: toRead.length },
    toRead.length > 0 ? sink : () => undefined,
  );
  const weights = new Map<string, Weight>();
  for (const { name, tensor } of located)
    weights.set(
      name,
      staysInFile(tensor, memory) ? await mapped(name, tensor) : await held(name, tensor, meter, signal),
    );
  return weights;
}

/** Tensors of the checkpoint that the network has no place for; those that no model reads are not counted. */
export function unusedTensors(checkpoint: Checkpoint, architecture: Architecture): string[] {
  const needed = neededWeights(architecture);
  const known = new Set<string | undefined>(needed.keys());
  for (const { scale } of checkpoint.tensors.values()) known.add(scale?.located.entry.name);
  if (architecture.tied) known.add(HEAD);
  return [...checkpoint.tensors.keys()].filter((name) => !known.has(name) && !IGNORED.test(name));
}

/** @throws InputError if the checkpoint has no such tensor, or not one of this shape that can be read */
export function locate(checkpoint: Checkpoint, name: string, shape: readonly number[]): LocatedTensor {
  const tensor = checkpoint.tensors.get(name);
  if (tensor === undefined)
    throw new InputError(
      `${checkpoint.folder}: config.json describes a model with the tensor ${name}, which the weights do not have.`,
      'Do the configuration and the weights belong together?',
    );
  if (String(tensor.entry.shape) !== String(shape))
    throw new InputError(
      `${checkpoint.folder}: ${name} is [${tensor.entry.shape.join(', ')}], by config.json it should be [${shape.join(', ')}].`,
      'Do the configuration and the weights belong together?',
    );
  if (!isReadable(tensor))
    throw new InputError(
      `${checkpoint.folder}: ${name} is stored as ${tensor.entry.dtype}, which cannot be evaluated here.`,
      'Models in BF16, F16, F32 and block-scaled FP8 can; others can be evaluated on a server: --endpoint.',
    );
  return tensor;
}

async function mapped(name: string, { entry, shard }: LocatedTensor): Promise<MappedWeight> {
  const { begin: offset, shape } = entry;
  const type = TYPES[entry.dtype as FloatDtype];
  return { place: 'mapped', name, shape, type, ...belowRoot(await realpath(shard.file.path)), offset };
}

/** A path as ONNX Runtime wants it: relative to a folder that it is told, here the root. */
export function belowRoot(
  path: string,
  platform: { readonly parse: (path: string) => { readonly root: string }; readonly sep: string } = platformPath,
): Pick<MappedWeight, 'root' | 'location'> {
  const { root } = platform.parse(path);
  return { root, location: path.slice(root.length).replaceAll(platform.sep, '/') };
}

async function held(
  name: string,
  tensor: LocatedTensor,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<HeldWeight> {
  const { shape, begin, end } = tensor.entry;
  const values = new Float32Array(elements(shape));
  const { rows, columns } = matrixOf(shape);
  const step = Math.max(1, Math.floor(TILE_ELEMENTS / Math.max(1, columns)));
  for (let row = 0; row < rows; row += step) {
    throwIfCancelled(signal);
    const count = Math.min(step, rows - row);
    values.set(await readBaseRows(tensor, row, count), row * columns);
    meter.addBytes(((end - begin) * count) / rows);
  }
  meter.addTensor();
  return { place: 'held', name, shape, values };
}
