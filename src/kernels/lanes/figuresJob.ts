import { closeSync } from 'node:fs';
import type { FiguresOrder, LaneFigures } from './messages.ts';
import type { KernelModule } from './module.ts';
import { openSource, readAll, stopIfAsked, type OpenFile, type TileTools } from './tensorJob.ts';

const EXPONENTS = 256;

/** Reads both tensors once, tile by tile, in this thread. @throws LaneError */
export function carryOutFigures(order: FiguresOrder, tools: TileTools, kernels: KernelModule): LaneFigures {
  const { rows, tileRows } = order;
  const opened: OpenFile[] = [];
  kernels.clearFigures();
  try {
    for (const place of [order.now, order.then]) if (place !== undefined) opened.push(openSource(place));
    for (let row = 0; row < rows; row += tileRows) {
      stopIfAsked(tools);
      figuresOfTile(order, opened, row, Math.min(tileRows, rows - row), tools, kernels);
      tools.tileDone();
    }
    return figuresIn(tools.memory, kernels);
  } finally {
    for (const { file } of opened) closeSync(file);
  }
}

function figuresOfTile(
  order: FiguresOrder,
  [now, then]: readonly OpenFile[],
  row: number,
  rows: number,
  { memory }: TileTools,
  kernels: KernelModule,
): void {
  const { dtype, size, thenDtype, thenSize, columns, rank, scale, nowAt, thenAt, left, right } = order;
  const read = (from: OpenFile | undefined, at: number, bytes: number): void => {
    if (from === undefined) return;
    readAll('reading', new Uint8Array(memory.buffer, at, rows * columns * bytes), from, row * columns * bytes);
  };
  read(now, nowAt, size);
  read(then, thenAt, thenSize);
  const old = then === undefined ? 0 : thenAt;
  kernels.figuresTile(nowAt, dtype, old, thenDtype, left + 4 * rank * row, right, rows, rank, columns, scale);
}

function figuresIn({ buffer }: WebAssembly.Memory, kernels: KernelModule): LaneFigures {
  const [delta = 0, weight = 0, oldWeight = 0, evolution = 0, deltaEvolution = 0, weights = 0, ...lost] =
    new Float64Array(buffer, kernels.figuresAt(), 9);
  const both = new Uint32Array(buffer, kernels.binsAt(), 2 * EXPONENTS);
  const half = (which: number): Float64Array =>
    Float64Array.from({ length: EXPONENTS }, (_, i) => both[2 * i + which] ?? 0);
  const counts = (at: number): Float64Array => Float64Array.from(new Uint32Array(buffer, at, EXPONENTS));
  return {
    ...{ delta, weight, oldWeight, evolution, deltaEvolution, weights },
    lost: { BF16: lost[0] ?? 0, F16: lost[1] ?? 0, F32: lost[2] ?? 0 },
    bins: half(0),
    absorbed: { BF16: half(1), F16: counts(kernels.swallowed16At()), F32: counts(kernels.swallowed32At()) },
  };
}
