import type { AdapterConfig } from '../adapterConfig.ts';
import { ByEnd } from '../byEnd.ts';
import { refuse, type Change, type Group, type Read } from '../change.ts';
import { hasFloats } from '../tensorReader.ts';

/** Whole tensors that PEFT puts in the place of the base's: modules_to_save, saved embeddings and heads, biases. */
export function readSaved({ module, entries, rules }: Group): Read[] {
  const reads: Read[] = [];
  for (const [role, entry] of entries) {
    const parameter = /^saved\.(.+)$/.exec(role)?.[1];
    if (parameter === undefined) continue;
    if (!hasFloats(entry)) {
      reads.push(refuse(entry.name, `its dtype ${entry.dtype} is not a float that can be computed with`, 'absolute'));
      continue;
    }
    const recipe: Change['recipe'] = {
      method: 'whole tensor',
      tensors: { saved: entry.name },
      shape: entry.shape,
      linear: false,
    };
    reads.push({ module, parameter, kind: 'absolute', recipe, rules });
  }
  return reads;
}

/** Trained token rows; which rows they are stands in the configuration (`trainable_token_indices`). */
export function readTokenRows({ module, entries, rules }: Group, config: AdapterConfig): Read[] {
  const entry = entries.get('rows');
  if (entry === undefined) return [];
  const rows = tokenIndices(module, config);
  const [count, width] = entry.shape;
  if (rows === undefined)
    return [refuse(entry.name, 'adapter_config.json does not say which tokens these are', 'absolute')];
  if (entry.shape.length !== 2 || count !== rows.length || !hasFloats(entry))
    return [refuse(entry.name, `it is not one row for each of ${rows.length} tokens`, 'absolute')];
  const recipe: Change['recipe'] = {
    method: 'token rows',
    tensors: { saved: entry.name },
    shape: [null, width ?? 0],
    linear: false,
    rows,
  };
  return [{ module, parameter: 'weight', kind: 'absolute', recipe, rules }];
}

/** A list belongs to the input embedding; a dictionary names its modules by their ends. */
function tokenIndices(module: string, config: AdapterConfig): readonly number[] | undefined {
  const indices = config.trainable_token_indices ?? config.token_indices;
  if (indices == null) return undefined;
  if (Array.isArray(indices)) return indices;
  return byModule(indices).find(module)[0];
}

/** Kept as long as the configuration is, because every module asks. */
const tables = new WeakMap<object, ByEnd<readonly number[]>>();

function byModule(indices: Readonly<Record<string, readonly number[]>>): ByEnd<readonly number[]> {
  const table = tables.get(indices) ?? new ByEnd(Object.entries(indices));
  tables.set(indices, table);
  return table;
}
