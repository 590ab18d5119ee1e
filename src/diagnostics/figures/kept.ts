import { yieldToEvents } from '../../base/abort.ts';
import type { Delta } from '../../patch/delta.ts';
import { LowRankDelta } from '../../patch/methods/lowRank.ts';
import { tileRows } from '../../port/tiles.ts';
import { crossProducts, type DeltaSvd } from './factorSvd.ts';

/** ‖Uᵀ Δ V‖_F on the singular directions of a base: from Δ's own where it is of low rank, else in one pass over Δ. */
export async function keptNorm(delta: Delta, own: DeltaSvd, base: DeltaSvd, signal: AbortSignal): Promise<number> {
  const core = delta instanceof LowRankDelta ? ofLowRank(own, base) : await ofStream(delta, base, signal);
  return Math.sqrt(core.reduce((sum, value) => sum + value * value, 0));
}

/** Σ_i σ_i (Uᵀu_i)(v_iᵀV), [k, k] */
function ofLowRank({ columns, values, rows }: DeltaSvd, base: DeltaSvd): Float64Array {
  const count = base.values.length;
  const left = crossProducts(columns, base.columns);
  const right = crossProducts(rows, base.rows);
  const core = new Float64Array(count * count);
  for (const [k, value] of values.entries())
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++)
        core[i * count + j] =
          (core[i * count + j] ?? 0) + value * (left[k * count + i] ?? 0) * (right[k * count + j] ?? 0);
  return core;
}

async function ofStream(delta: Delta, { columns, values, rows }: DeltaSvd, signal: AbortSignal): Promise<Float64Array> {
  const count = values.length;
  const core = new Float64Array(count * count);
  const projected = new Float64Array(count);
  const step = tileRows(delta);
  for (let from = 0; from < delta.rows; from += step) {
    await yieldToEvents(signal);
    const tile = await delta.tile(from, Math.min(step, delta.rows - from));
    for (let row = 0; row * delta.columns < tile.length; row++) {
      for (let j = 0; j < count; j++) {
        let sum = 0;
        for (let i = 0; i < delta.columns; i++)
          sum += (tile[row * delta.columns + i] ?? 0) * (rows.data[j * delta.columns + i] ?? 0);
        projected[j] = sum;
      }
      for (let i = 0; i < count; i++) {
        const weight = columns.data[i * delta.rows + from + row] ?? 0;
        for (let j = 0; j < count; j++) core[i * count + j] = (core[i * count + j] ?? 0) + weight * (projected[j] ?? 0);
      }
    }
  }
  return core;
}
