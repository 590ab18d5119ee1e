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
  if (dimension % 2 !== 0 || dimension === 0)
    throw new InputError(`config.json: ${dimension} elements of each head cannot be rotated in pairs.`);
  const plain = defaultFrequencies(parameters.theta, dimension);
  switch (parameters.type) {
    case 'default':
    case 'dynamic':
      return fixed(dimension, plain);
    case 'linear':
      return fixed(
        dimension,
        plain.map((frequency) => Math.fround(frequency / Math.fround(needed(parameters.factor, 'factor')))),
      );
    case 'llama3':
      return fixed(dimension, llama3(plain, parameters, maxLength));
    case 'longrope':
      return longRope(parameters, dimension, maxLength);
    default:
      throw new InputError(
        `The rotary embedding "${parameters.type}" is not one that can be computed here.`,
        'Known are default, linear, dynamic, llama3 and longrope. Others can be evaluated on a server: --endpoint.',
      );
  }
}

function fixed(dimension: number, inverse: readonly number[]): Rope {
  const only = { inverse, factor: 1 };
  return { dimension, frequencies: () => only };
}

function defaultFrequencies(theta: number, dimension: number, factors?: readonly number[]): number[] {
  const base = Math.fround(theta);
  return Array.from({ length: dimension / 2 }, (_, i) => {
    const power = Math.fround(base ** Math.fround((2 * i) / dimension));
    return Math.fround(1 / Math.fround(Math.fround(factors?.[i] ?? 1) * power));
  });
}

/**
 * `_compute_llama3_parameters`: long waves are stretched by the factor, short ones stay, those between are blended. torch divides
 * a number by a tensor as the number times the reciprocal.
 */
function llama3(plain: readonly number[], parameters: RopeParameters, maxLength: number): number[] {
  const f = Math.fround;
  const factor = f(needed(parameters.factor, 'factor'));
  const low = needed(parameters.lowFrequencyFactor, 'low_freq_factor');
  const high = needed(parameters.highFrequencyFactor, 'high_freq_factor');
  const original = parameters.originalLength ?? maxLength;
  return plain.map((frequency) => {
    const wavelength = f(f(1 / frequency) * f(2 * Math.PI));
    if (wavelength > f(original / low)) return f(frequency / factor);
    if (wavelength < f(original / high)) return frequency;
    const smooth = f(f(f(f(1 / wavelength) * original) - f(low)) / f(high - low));
    return f(f(f(f(1 - smooth) * frequency) / factor) + f(smooth * frequency));
  });
}

/** `_compute_longrope_parameters`: other factors beyond the original length. */
function longRope(parameters: RopeParameters, dimension: number, maxLength: number): Rope {
  const original = parameters.originalLength ?? maxLength;
  const stretch = parameters.factor ?? maxLength / original;
  const factor =
    parameters.attentionFactor ?? (stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original)));
  const stretched = (factors: readonly number[] | undefined, name: string): RopeFrequencies => ({
    inverse: defaultFrequencies(parameters.theta, dimension, neededFactors(factors, name, dimension / 2)),
    factor,
  });
  const short = stretched(parameters.shortFactors, 'short_factor');
  const long = stretched(parameters.longFactors, 'long_factor');
  return { dimension, frequencies: (length) => (length > original ? long : short) };
}

/** Cosines and sines of all positions below `length`, [length, dimension / 2] float32, as transformers rounds them. */
export function ropeTable(
  { inverse, factor: exact }: RopeFrequencies,
  length: number,
): { cosines: Float32Array; sines: Float32Array } {
  const factor = Math.fround(exact);
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

function neededFactors(value: readonly number[] | undefined, name: string, count: number): readonly number[] {
  if (value?.length === count) return value;
  throw new InputError(
    value === undefined
      ? `config.json: the rotary embedding has no ${name}.`
      : `config.json: ${name} of the rotary embedding has ${value.length} numbers where ${count} are needed.`,
  );
}
