import { InputError } from '../base/errors.ts';
import type { Rope } from './architecture.ts';

/** Angles a position turns by, float32 values, and what cosines and sines are multiplied with. */
export interface RopeFrequencies {
  readonly inverse: readonly number[];
  readonly factor: number;
}

/** `rope_parameters` of config.json (transformers 5), or what transformers 4 says in rope_theta and rope_scaling. */
export interface RopeParameters {
  readonly type: string;
  readonly theta: number;
  readonly factor?: number | undefined;
  readonly lowFrequencyFactor?: number | undefined;
  readonly highFrequencyFactor?: number | undefined;
  readonly originalLength?: number | undefined;
  readonly attentionFactor?: number | undefined;
  readonly shortFactors?: readonly number[] | undefined;
  readonly longFactors?: readonly number[] | undefined;
}

/**
 * The rotary embeddings of transformers' `modeling_rope_utils.py`, rounded to float32 where it rounds. `dynamic` only
 * differs from the default beyond the model's length, which no sequence here exceeds.
 *
 * @throws InputError for a kind that is not known
 */
export function makeRope(parameters: RopeParameters, dimension: number, maxLength: number): Rope {
  const plain = defaultFrequencies(parameters.theta, dimension);
  switch (parameters.type) {
    case 'default':
    case 'dynamic':
      return fixed(dimension, plain);
    case 'linear':
      return fixed(
        dimension,
        plain.map((f) => Math.fround(f / needed(parameters.factor, 'factor'))),
      );
    case 'llama3':
      return fixed(dimension, llama3(plain, parameters));
    case 'longrope':
      return longRope(parameters, dimension, maxLength);
    default:
      throw new InputError(
        `The rotary embedding "${parameters.type}" is not one that can be computed here.`,
        'Known are default, linear, dynamic, llama3 and longrope.',
      );
  }
}

function fixed(dimension: number, inverse: readonly number[]): Rope {
  return { dimension, frequencies: () => ({ inverse, factor: 1 }) };
}

function defaultFrequencies(theta: number, dimension: number, factors?: readonly number[]): number[] {
  return Array.from({ length: dimension / 2 }, (_, i) => {
    const power = Math.fround(theta ** Math.fround((2 * i) / dimension));
    return Math.fround(1 / Math.fround((factors?.[i] ?? 1) * power));
  });
}

/** `_compute_llama3_parameters`: long waves are stretched by the factor, short ones stay, those between are blended. */
function llama3(plain: readonly number[], parameters: RopeParameters): number[] {
  const factor = needed(parameters.factor, 'factor');
  const low = needed(parameters.lowFrequencyFactor, 'low_freq_factor');
  const high = needed(parameters.highFrequencyFactor, 'high_freq_factor');
  const original = needed(parameters.originalLength, 'original_max_position_embeddings');
  return plain.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength > original / low) return Math.fround(f / factor);
    if (wavelength < original / high) return f;
    const smooth = (original / wavelength - low) / (high - low);
    return Math.fround(((1 - smooth) * f) / factor + smooth * f);
  });
}

/** `_compute_longrope_parameters`: other factors beyond the original length. */
function longRope(parameters: RopeParameters, dimension: number, maxLength: number): Rope {
  const original = parameters.originalLength ?? maxLength;
  const stretch = parameters.factor ?? maxLength / original;
  const factor =
    parameters.attentionFactor ?? (stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original)));
  const short = defaultFrequencies(parameters.theta, dimension, neededList(parameters.shortFactors, 'short_factor'));
  const long = defaultFrequencies(parameters.theta, dimension, neededList(parameters.longFactors, 'long_factor'));
  return { dimension, frequencies: (length) => ({ inverse: length > original ? long : short, factor }) };
}

/** Cosines and sines of all positions below `length`, [length, dimension / 2] float32, as transformers rounds them. */
export function ropeTable(rope: Rope, length: number): { cosines: Float32Array; sines: Float32Array } {
  const { inverse, factor } = rope.frequencies(length);
  const half = inverse.length;
  const cosines = new Float32Array(length * half);
  const sines = new Float32Array(length * half);
  for (let position = 0; position < length; position++)
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * (inverse[i] ?? 0));
      cosines[position * half + i] = Math.fround(Math.cos(angle)) * factor;
      sines[position * half + i] = Math.fround(Math.sin(angle)) * factor;
    }
  return { cosines, sines };
}

function needed(value: number | undefined, name: string): number {
  if (value === undefined) throw new InputError(`config.json: the rotary embedding has no ${name}.`);
  return value;
}

function neededList(value: readonly number[] | undefined, name: string): readonly number[] {
  if (value === undefined) throw new InputError(`config.json: the rotary embedding has no ${name}.`);
  return value;
}
