import type { ColumnFacts } from '../types.ts';

/** A folder is named by it, and folders' names end at 255 bytes. */
const MAX_LENGTH = 200;

/** What lm-eval's `model_name` is of a column: the model, its patches with their scales, and what else is done to it. */
export function columnName({ modelName, patches, control, exported }: ColumnFacts): string {
  const parts = [
    modelName,
    ...patches.map(({ name, scale }) => `+${name}@${scale}`),
    control === null ? '' : `-control${control}`,
    exported ? '-exported' : '',
  ];
  const name = parts.join('').slice(0, MAX_LENGTH);
  return /^[.\s]*$/.test(name) ? `model${name.trim()}` : name;
}
