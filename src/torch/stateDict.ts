import { quote, refuse } from './refusal.ts';
import { PickleDict, PickleFloat, PickleTensor, type Value } from './values.ts';

/** Where training programs keep the weights of a checkpoint that holds more than weights. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'module'];

export interface StateDict {
  readonly tensors: ReadonlyMap<string, PickleTensor>;
  /** The entry of the file's dict that holds the tensors, if it is not the dict itself. */
  readonly wrapper: string | undefined;
  /** Names of what stands beside the tensors and is not read. */
  readonly ignored: readonly string[];
}

/** @throws Refusal unless it is clear which of the values are the weights */
export function findStateDict(value: Value): StateDict {
  if (!(value instanceof PickleDict)) return refuse(`it holds ${describe(value)} instead of a dict of tensors`);
  const fields = fieldsOf(value, 'its dict');
  const wrappers = WRAPPERS.filter((name) => fields.get(name) instanceof PickleDict);
  const [wrapper, second] = wrappers;
  if (wrapper === undefined) return { ...collect(fields, 'its dict'), wrapper };
  if (second !== undefined) refuse(`it holds two dicts of weights, ${wrapper} and ${second}`);
  for (const [name, field] of fields)
    if (field instanceof PickleTensor) refuse(`it holds the dict ${wrapper} and the tensor ${quote(name)} beside it`);
  const inner = collect(fieldsOf(fields.get(wrapper), `its ${wrapper}`), `its ${wrapper}`);
  const beside = [...fields.keys()].filter((name) => name !== wrapper);
  return { ...inner, wrapper, ignored: [...beside, ...inner.ignored.map((name) => `${wrapper}.${name}`)] };
}

function fieldsOf(dict: Value | undefined, where: string): Map<string, Value> {
  const fields = new Map<string, Value>();
  if (!(dict instanceof PickleDict)) return fields;
  for (const [key, value] of dict.entries) {
    if (typeof key !== 'string') return refuse(`${where} has an entry whose name is not a text`);
    if (fields.has(key)) refuse(`${where} has two entries of the name ${quote(key)}`);
    fields.set(key, value);
  }
  return fields;
}

function collect(fields: ReadonlyMap<string, Value>, where: string): Omit<StateDict, 'wrapper'> {
  const tensors = new Map<string, PickleTensor>();
  const ignored: string[] = [];
  for (const [name, value] of fields)
    if (value instanceof PickleTensor) tensors.set(name, value);
    else if (isPlain(value)) ignored.push(name);
    else refuse(`${where} holds ${describe(value)} under ${quote(name)}, where a tensor should be`);
  if (tensors.size === 0) refuse(`${where} holds no tensors`);
  return { tensors, ignored };
}

/** What cannot be a weight: numbers, texts and the like, which some programs leave among the weights. */
function isPlain(value: Value): boolean {
  return value === null || typeof value !== 'object' || value instanceof PickleFloat;
}

function describe(value: Value): string {
  if (value instanceof PickleTensor) return 'a single tensor';
  if (value instanceof PickleDict) return 'a dict';
  return isPlain(value) ? 'a plain value' : 'a list, a storage or another object';
}
