import type { Feeds } from '../kernels/graphRuntime.ts';
import type { Architecture } from './architecture.ts';
import { ropeTable } from './rope.ts';

const STEP = 256;

/** Cosines and sines as a body's inputs, made once for each length that is asked for. */
export class RopeTables {
  private readonly architecture: Architecture;
  private readonly made = new Map<number, Feeds>();

  constructor(architecture: Architecture) {
    this.architecture = architecture;
  }

  /** For sequences of up to `length` tokens. */
  feeds(length: number): Feeds {
    const rounded = Math.min(Math.ceil(length / STEP) * STEP, Math.max(length, this.architecture.maxLength));
    const kind = this.architecture.ropes.map((rope) => rope.frequencies(length).inverse);
    const size = kind.some((inverse, i) => inverse !== this.architecture.ropes[i]?.frequencies(rounded).inverse)
      ? length
      : rounded;
    let feeds = this.made.get(size);
    if (feeds === undefined) {
      feeds = this.make(size);
      this.made.set(size, feeds);
    }
    return feeds;
  }

  private make(length: number): Feeds {
    return Object.fromEntries(
      this.architecture.ropes.flatMap((rope, i) => {
        const { cosines, sines } = ropeTable(rope, length);
        const shape = [length, rope.dimension / 2];
        return [
          [`cosines_${i}`, { type: 'float32' as const, data: cosines, shape }],
          [`sines_${i}`, { type: 'float32' as const, data: sines, shape }],
        ];
      }),
    );
  }
}
