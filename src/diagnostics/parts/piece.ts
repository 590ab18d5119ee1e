import * as z from 'zod';
import { PART_RECORD } from '../../base/partRecord.ts';
import type { Diagnosed } from '../diagnoseTensor.ts';
import { DIAGNOSE_REQUEST, TENSOR_DIAGNOSIS } from '../diagnosisFile.ts';
import type { RoundingSums, TensorSums } from '../figures/tensorSums.ts';

/** What a diagnosis in parts is asked for. */
export const DIAGNOSE_PARTS = z.object({
  request: DIAGNOSE_REQUEST,
  /** The report to make. */
  out: z.string(),
});
export type DiagnoseParts = z.output<typeof DIAGNOSE_PARTS>;

/** JSON knows neither NaN nor infinity; sums of weights may be either. */
const exact = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number);
const bins = z.array(exact).transform((values) => Float64Array.from(values));
const rounding = z.object({ absorbedBins: bins, lost: exact });
const sums: z.ZodType<TensorSums> = z.object({
  ...{ elements: exact, delta: exact, weight: exact, oldWeight: exact, evolution: exact, deltaEvolution: exact },
  ...{ weights: exact, retrained: exact, deltaRetrained: exact, bins },
  rounding: z.object({ BF16: rounding, F16: rounding, F32: rounding }),
});

/** What a part leaves. */
export const PIECE = PART_RECORD.extend({
  found: z.array(
    z.object({
      tensor: TENSOR_DIAGNOSIS,
      sums,
      known: z.object({ evolution: z.boolean(), retrained: z.boolean() }),
    }),
  ),
});
export type Piece = z.output<typeof PIECE>;

/** As plain data that the schema reads back to the last bit. */
export function plainDiagnosed({
  tensor,
  sums: { bins: own, rounding: rounded, ...numbers },
  known,
}: Diagnosed): object {
  const { BF16, F16, F32 } = rounded;
  return {
    tensor,
    known,
    sums: {
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, plainNumber(value)])),
      bins: Array.from(own, plainNumber),
      rounding: { BF16: plainRounding(BF16), F16: plainRounding(F16), F32: plainRounding(F32) },
    },
  };
}

function plainRounding({ absorbedBins, lost }: RoundingSums): object {
  return { absorbedBins: Array.from(absorbedBins, plainNumber), lost: plainNumber(lost) };
}

function plainNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
