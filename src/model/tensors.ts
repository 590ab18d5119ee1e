import type { HostTensor } from '../kernels/graphRuntime.ts';

export function int64(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), shape };
}

export function int32(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { type: 'int32', data: Int32Array.from(values), shape };
}

export function float32(data: Float32Array, shape: readonly number[]): HostTensor {
  return { type: 'float32', data, shape };
}
