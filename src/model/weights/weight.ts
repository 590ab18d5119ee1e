/** A weight of the network, by the name that it has in the checkpoint. */
export type Weight = MappedWeight | HeldWeight;

interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The runtime maps it from its file; it takes memory only while it is used. */
export interface MappedWeight extends Named {
  readonly place: 'mapped';
  readonly type: 'float32' | 'float16' | 'bfloat16';
  /** Of the file's real path: `/`, or a drive. */
  readonly root: string;
  /** The rest of that path, with slashes. */
  readonly location: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
}

/** It lies in this process's memory. */
export interface HeldWeight extends Named {
  readonly place: 'held';
  readonly values: Float32Array;
}

/** Δ = scale · left @ right, added to what a weight computes; the scale is an input of the network. */
export interface Branch {
  /** float32 [rows, rank], laid out as the weight's rows. */
  readonly left: Float32Array;
  /** float32 [rank, columns] */
  readonly right: Float32Array;
  readonly rank: number;
  /** Of the module itself (α/r or α/√r). */
  readonly scaling: number;
  /** Which of the network's scales multiplies it. */
  readonly patch: number;
}

/** All weights of a network, with the branches on them. */
export interface WeightSet {
  /** @throws InputError if the checkpoint has no such tensor, or one of another shape */
  weight(name: string, shape: readonly number[]): Weight;
  /** Of a linear, or of the embedding where it is looked up. */
  branches(name: string): readonly Branch[];
  /** The matrix that makes logits; the embedding where they are tied. */
  head(shape: readonly number[]): Weight;
  /** Those of the head, which may be tied to the embedding and yet be patched apart from it. */
  readonly headBranches: readonly Branch[];
}

export function isMapped(weight: Weight): weight is MappedWeight {
  return weight.place === 'mapped';
}
