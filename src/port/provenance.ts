import * as z from 'zod';
import { FLOAT8_CHOICES, TIED_CHOICES } from './plan/planTypes.ts';
import { COMBINATIONS } from '../patch/combine/arithmetic.ts';

/** The file beside every output that says what it was made from, and how. */
export const PROVENANCE_FILE = 'portllm.json';
export const PROVENANCE_VERSION = 4;

export const FORMULA =
  "W' = W_new + λ · Δ, rounded once to float32 and once to the tensor's dtype; Δ of a LoRA is s · (B @ A) with " +
  's = alpha / r (alpha / sqrt(r) with rsLoRA), of what stands for the old base W_patched − W_old';

const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A name in the output's folder, never a path. */
export const PLAIN_NAME = z.string().regex(/^(?!\.{1,2}$)[^\\/:\0]+$/);
/** Of a shard the header's hash, as its tensors have their own. */
export const RECORDED_FILE = z.object({
  name: PLAIN_NAME,
  bytes: z.number(),
  sha256: SHA256.nullable(),
  headerSha256: SHA256.nullable(),
});
export type RecordedFile = z.output<typeof RECORDED_FILE>;
const FILE = z.object({
  name: z.string(),
  bytes: z.number(),
  headerSha256: SHA256,
  sha256: SHA256.nullable(),
});
export const CHECKPOINT = z.object({
  path: z.string(),
  name: z.string(),
  revision: z.string().nullable(),
  architecture: z.string(),
  parameters: z.number(),
  dtype: z.string(),
  bytes: z.number(),
  configSha256: SHA256,
  files: z.array(FILE),
});
const PATCH = z.object({
  path: z.string(),
  name: z.string(),
  baseName: z.string().nullable(),
  bytes: z.number(),
  configSha256: SHA256.nullable(),
  sha256: SHA256,
});

/** Measured on one patched tensor. Norms are Frobenius norms. */
export const PORTED_TENSOR = z.object({
  module: z.string(),
  layer: z.number().nullable(),
  type: z.string(),
  target: z.string(),
  /** The new base's tensor that it started from; another one only for a head that was tied. */
  source: z.string(),
  shape: z.array(z.number()),
  dtype: z.string(),
  kind: z.enum(['pure delta', 'base-relative', 'absolute', 'unportable']),
  method: z.string(),
  rank: z.number().nullable(),
  scaling: z.number().nullable(),
  deltaNorm: z.number(),
  /** ‖W_new‖, and what rounding did; null where the base's weights were not read (adapter output). */
  measured: z
    .object({
      /** Null where the base itself holds NaN or infinity. */
      weightNorm: z.number().nullable(),
      roundingError: z.number().nullable(),
      absorbedShare: z.number(),
      /** Tells a base that has changed, not one that was forged; what was made of it has its SHA-256. */
      sourceXxh64: z.string().regex(/^[0-9a-f]{16}$/),
      sha256: SHA256,
    })
    .nullable(),
});

/** A tensor that was copied byte for byte. */
export const UNTOUCHED_TENSOR = z.object({ name: z.string(), sha256: SHA256 });

/** An earlier port that made the patch of this one. */
const LINK = z.object({
  patch: PATCH,
  onto: z.object({ name: z.string(), path: z.string(), revision: z.string().nullable() }),
  scale: z.number(),
});

export const PROVENANCE = z.object({
  portllm: z.string(),
  version: z.literal(PROVENANCE_VERSION),
  output: z.enum(['checkpoint', 'adapter']),
  formula: z.string(),
  scale: z.number(),
  tied: z.enum(TIED_CHOICES).nullable(),
  float8: z.enum(FLOAT8_CHOICES).nullable(),
  device: z.string(),
  patch: PATCH,
  /** Where several patches were combined: each with its weight, the first being `patch`, and how. */
  combined: z.array(PATCH.extend({ weight: z.number() })),
  combination: z.object({ combination: z.enum(COMBINATIONS), density: z.number(), seed: z.number() }).nullable(),
  /** From the first patch on, the ports that led to `patch`; empty for one that was trained. */
  chain: z.array(LINK),
  newBase: CHECKPOINT,
  oldBase: CHECKPOINT.nullable(),
  needsOldBase: z.boolean(),
  coverage: z.object({
    patchTensors: z.number(),
    matchedPatchTensors: z.number(),
    touchedTensors: z.number(),
    baseTensors: z.number(),
    touchedParameters: z.number(),
    baseParameters: z.number(),
  }),
  warnings: z.array(z.string()),
  tensors: z.array(PORTED_TENSOR),
  /** Each with the SHA-256 of its bytes. */
  untouched: z.array(UNTOUCHED_TENSOR),
  /** Every file of the output but this one. */
  files: z.array(RECORDED_FILE),
});

export type Provenance = z.output<typeof PROVENANCE>;
/** Of the patch, or of all that were combined. */
export function patchName({ patch, combined }: Pick<Provenance, 'patch' | 'combined'>): string {
  return combined.length > 0 ? combined.map(({ name }) => name).join(' + ') : patch.name;
}

export type PortedTensor = Provenance['tensors'][number];
