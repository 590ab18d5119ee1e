/** What is found out about the values of one tensor. Plain data; the page's types too. */

/** Numbers of one sign-less power of two: 2^exponent ≤ |x| < 2^(exponent + 1). */
export interface PowerOfTwo {
  readonly exponent: number;
  readonly count: number;
}

/** What the values of a tensor add up to. NaN and infinities are counted, and are no part of anything else. */
export interface ValueFigures {
  readonly elements: number;
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
  /** √Σx²; null, as mean and deviation, where it lies beyond float64. */
  readonly norm: number | null;
  readonly largest: number;
  /** Null where no value is finite. */
  readonly mean: number | null;
  /** Of the values themselves (divided by n). */
  readonly deviation: number | null;
  /** From the least power of two to the greatest, without those between that are empty. */
  readonly powers: readonly PowerOfTwo[];
}

export interface TensorFiguresRequest {
  /** A safetensors file. */
  readonly file: string;
  readonly tensor: string;
}

export interface TensorFigures extends ValueFigures {
  readonly tensor: string;
  readonly dtype: string;
}
