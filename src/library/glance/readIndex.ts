import { InputError } from '../../base/errors.ts';
import { hintFor, readTextFile } from '../../base/jsonFile.ts';
import { brief } from '../../base/quote.ts';
import { JsonNumber, JsonObject, parseJson, type JsonValue } from '../../safetensors/json.ts';

/** An index as it stands: which tensor it promises in which file, whatever these names are. */
export interface WeightMap {
  readonly promised: ReadonlyMap<string, string>;
  readonly metadata: readonly (readonly [key: string, value: string])[];
  /** What its metadata say that all tensors have together. */
  readonly totalBytes: number | null;
}

/** @throws InputError if it is no index */
export async function readIndex(path: string): Promise<WeightMap> {
  const text = await readTextFile(path);
  const { fields } = parse(text, path);
  const fieldOf = (name: string): JsonValue | undefined => fields.findLast(([field]) => field === name)?.[1];
  const map = fieldOf('weight_map');
  if (!(map instanceof JsonObject))
    throw new InputError(
      `${path} is no index of safetensors: it has no weight_map.`,
      'An index names the file of every tensor; download it again, or open one of the safetensors files.',
    );
  const promised = new Map<string, string>();
  for (const [name, file] of map.fields) {
    if (typeof file !== 'string') throw new InputError(`${path}: the file of tensor "${brief(name)}" is not a text.`);
    promised.set(name, file);
  }
  const metadata = fieldOf('metadata');
  const known = metadata instanceof JsonObject ? metadata.fields : [];
  const total = known.findLast(([key]) => key === 'total_size')?.[1];
  return {
    promised,
    metadata: known.map(([key, value]) => [key, textOf(value)]),
    totalBytes: numberOf(total),
  };
}

function parse(text: string, path: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${path} is not JSON: ${reason}.`, hintFor(text) ?? 'Download it again.');
  }
  if (value instanceof JsonObject) return value;
  throw new InputError(`${path} is no index of safetensors: it is not a JSON object.`);
}

function numberOf(value: JsonValue | undefined): number | null {
  if (value instanceof JsonNumber) return Number(value.text);
  return typeof value === 'number' ? value : null;
}

function textOf(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'object' && value !== null ? '…' : String(value);
}
