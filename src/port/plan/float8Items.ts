import type { Checkpoint, LocatedTensor } from '../../checkpoint/checkpoint.ts';
import { makeItem } from './items.ts';
import type { Float8Choice, PlanItem } from './planTypes.ts';

/**
 * What FP8 weights ask for besides the patch: requantised, the scales of the patched ones change too; as BF16, every FP8
 * weight is written anew and the scales go.
 */
export function withFloat8(items: readonly PlanItem[], base: Checkpoint, choice: Float8Choice): PlanItem[] {
  const scaled = [...base.tensors.values()].filter(({ scale }) => scale !== undefined);
  if (scaled.length === 0) return [...items];
  const patched = new Map(items.map((item) => [item.source, item]));
  if (choice === 'requantise')
    return [...items, ...scaled.flatMap((weight) => scaleItem(weight, patched.get(weight.entry.name)) ?? [])];
  const others = scaled.filter(({ entry }) => !patched.has(entry.name)).map(dequantisedItem);
  const names = new Set(scaled.map(({ entry }) => entry.name));
  return [...items.map((item) => (names.has(item.source) ? { ...item, dtype: 'BF16' } : item)), ...others];
}

function scaleItem({ entry, scale }: LocatedTensor, weight: PlanItem | undefined): PlanItem | undefined {
  if (scale === undefined || weight === undefined) return undefined;
  const { name } = scale.located.entry;
  const item = makeItem([{ module: weight.module, target: name, source: scale.located }], false);
  return { ...item, scaleOf: entry.name, rule: 'scales of a weight that is quantised anew' };
}

function dequantisedItem(source: LocatedTensor): PlanItem {
  const { name } = source.entry;
  const item = makeItem([{ module: name.replace(/\.weight$/, ''), target: name, source }], false);
  return { ...item, dtype: 'BF16', rule: 'FP8 written as BF16' };
}
