import { growMemory } from './growMemory.ts';
import { kernelMemory, loadKernels, type KernelModule } from './module.ts';

const ALIGNMENT = 16;

/** The kernels on a memory of this thread, for small matrices. */
export interface OwnKernels {
  readonly kernels: KernelModule;
  readonly buffer: SharedArrayBuffer;
  /** Where the bytes that were asked for begin. */
  readonly at: number;
}

let loaded: { readonly memory: WebAssembly.Memory; readonly kernels: KernelModule } | undefined;

/** What is there stays until the next call. @throws UserError if there is not so much memory */
export function ownKernels(bytes: number): OwnKernels {
  const { memory, kernels } = (loaded ??= load());
  const at = Math.ceil(kernels.freeFrom() / ALIGNMENT) * ALIGNMENT;
  growMemory(memory, at + bytes);
  return { kernels, buffer: memory.buffer, at };
}

function load(): NonNullable<typeof loaded> {
  const memory = kernelMemory();
  return { memory, kernels: loadKernels(memory) };
}
