import { growMemory } from './growMemory.ts';
import { Layout } from './layout.ts';
import { kernelMemory, loadKernels, type KernelModule } from './module.ts';

/** The kernels on a memory of this thread, for small matrices. */
export interface OwnKernels {
  readonly kernels: KernelModule;
  readonly buffer: SharedArrayBuffer;
  /** Where the bytes that were asked for begin. */
  readonly places: readonly number[];
}

let loaded: { readonly memory: WebAssembly.Memory; readonly kernels: KernelModule } | undefined;

/**
 * What is there stays until the next call.
 *
 * @param sizes in bytes, of what is to be there
 * @throws UserError if there is not so much memory
 */
export function ownKernels(sizes: readonly number[]): OwnKernels {
  const { memory, kernels } = (loaded ??= load());
  const layout = new Layout(kernels.freeFrom());
  const places = sizes.map((bytes) => layout.take(bytes));
  growMemory(memory, layout.end);
  return { kernels, buffer: memory.buffer, places };
}

function load(): NonNullable<typeof loaded> {
  const memory = kernelMemory();
  return { memory, kernels: loadKernels(memory) };
}
