import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from './builder.ts';

/**
 * What a network's body is given. `tree`: rows are trees of tokens, so positions do not follow from the order, and
 * masks say who sees whom. `cached`: keys and values of earlier tokens come in and all go out.
 */
export interface BodyVariant {
  readonly tree: boolean;
  readonly cached: boolean;
  /** Attention from plain operators, for providers whose fused one is not to be trusted. */
  readonly plainAttention: boolean;
  /** Weights are handed to a device when the network is loaded. */
  readonly onDevice: boolean;
}

export interface BodyInputs {
  /** int64 [B, S] */
  readonly ids: string;
  readonly positions: string;
  /** [B·S, …] becomes [B, S, …] with it: int64 [2] */
  readonly batchAndLength: string;
  /** int32 [B]: tokens of each row, with those in the cache, less one. */
  readonly lastIndex: string;
  /** int32 []: of the longest row. */
  readonly totalLength: string;
  /** By rope: cosines and sines, float32 [positions, dimension / 2]. */
  readonly ropes: readonly { readonly cosines: string; readonly sines: string }[];
  /** float32 [B, 1, S, T] to be added to the scores; by window. */
  readonly mask: (window: number | undefined) => string | undefined;
}

/** The mask's input name; windows have their own. */
export function maskName(window: number | undefined): string {
  return window === undefined ? 'mask' : `mask_${window}`;
}

export function windowsOf({ layers }: Architecture): (number | undefined)[] {
  return [...new Set(layers.map(({ window }) => window))];
}

export function needsMask({ tree, plainAttention }: BodyVariant): boolean {
  return tree || plainAttention;
}

export function bodyInputs(graph: GraphBuilder, architecture: Architecture, variant: BodyVariant): BodyInputs {
  const ids = graph.input('ids', 'int64', ['B', 'S']);
  return {
    ids,
    positions: graph.input('positions', 'int64', ['B', 'S']),
    batchAndLength: graph.op('Shape', [ids]),
    lastIndex: variant.plainAttention ? '' : graph.input('lastIndex', 'int32', ['B']),
    totalLength: variant.plainAttention ? '' : graph.input('totalLength', 'int32', []),
    ropes: architecture.ropes.map(({ dimension }, i) => ({
      cosines: graph.input(`cosines_${i}`, 'float32', ['P', dimension / 2]),
      sines: graph.input(`sines_${i}`, 'float32', ['P', dimension / 2]),
    })),
    mask: (window) => (needsMask(variant) ? graph.input(maskName(window), 'float32', ['B', 1, 'S', 'T']) : undefined),
  };
}
