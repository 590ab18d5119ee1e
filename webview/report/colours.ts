import { scaleLinear, scaleLog } from 'd3-scale';

export interface Colours {
  /** A CSS colour: the browser mixes those of the theme, so a change of theme needs no redraw. */
  readonly of: (value: number) => string;
  /** Values for the legend, ascending. */
  readonly steps: readonly number[];
  readonly isLogarithmic: boolean;
}

/** Of what is not zero, so that it can be told from what is. */
const FAINTEST = 6;
/** Where the smallest value is more than this part of the largest, colours begin near it: cosines near 1 would all be alike. */
const NARROW = 0.6;

/**
 * One hue from faint to full; values of both signs have two hues.
 *
 * @param logarithmic where no value is negative
 */
export function coloursOf(values: readonly number[], isSigned: boolean, logarithmic: boolean): Colours {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (isSigned) return signed(largest);
  const positive = values.filter((value) => value > 0);
  const smallest = positive.reduce((least, value) => Math.min(least, value), Infinity);
  if (logarithmic && positive.length > 0 && smallest < largest) return logarithms(smallest, largest);
  const from =
    positive.length === values.length && smallest > NARROW * largest ? smallest - 0.15 * (largest - smallest) : 0;
  return linear(from, largest === from ? from + 1 : largest);
}

function linear(from: number, to: number): Colours {
  const share = scaleLinear([from, to], [0, 100]).clamp(true);
  return {
    of: (value) => mixed('blue', value === 0 ? 0 : Math.max(FAINTEST, share(value))),
    steps: [0, 0.25, 0.5, 0.75, 1].map((part) => from + part * (to - from)),
    isLogarithmic: false,
  };
}

function logarithms(from: number, to: number): Colours {
  const share = scaleLog([from, to], [FAINTEST, 100]).clamp(true);
  return {
    of: (value) => mixed('blue', value <= 0 ? 0 : share(value)),
    steps: [0, 0.25, 0.5, 0.75, 1].map((part) => from * (to / from) ** part),
    isLogarithmic: true,
  };
}

function signed(largest: number): Colours {
  const share = scaleLinear([0, largest === 0 ? 1 : largest], [0, 100]).clamp(true);
  return {
    of: (value) => mixed(value < 0 ? 'red' : 'blue', value === 0 ? 0 : Math.max(FAINTEST, share(Math.abs(value)))),
    steps: [-1, -0.5, 0, 0.5, 1].map((part) => part * largest),
    isLogarithmic: false,
  };
}

function mixed(hue: 'blue' | 'red', percent: number): string {
  return `color-mix(in srgb, var(--vscode-charts-${hue}) ${percent.toFixed(1)}%, var(--vscode-editor-background))`;
}
