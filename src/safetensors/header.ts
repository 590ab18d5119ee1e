import { breath, isOutOfBreath } from '../base/breath.ts';
import { InputError } from '../base/errors.ts';
import { brief } from '../base/quote.ts';
import { DTYPE_BITS, isDtype, type Dtype } from './dtypes.ts';
import { JsonNumber, JsonObject, parseJsonFields, type JsonField, type JsonValue } from './json.ts';

/** One tensor of a file. `begin` and `end` are byte offsets from the start of the file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the first bytes of a safetensors file say; checked against the file's size. */
export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly dataStart: number;
  readonly fileBytes: number;
}

/** What to do about a file that is none. */
export const NOT_VALID = 'The download may not have ended: fetch the file again.';
const MAX_U64 = 2n ** 64n - 1n;
/** As many as torch and numpy have; the format itself has no limit. */
const MOST_DIMENSIONS = 64;

/**
 * Reads the header's JSON and checks it as safetensors 0.8.0 does: known dtypes, unsigned sizes, shape × dtype equal to
 * the byte range, ranges that follow one another from 0 to the end of the file.
 *
 * @param json the N header bytes; the tensor data begin at 8 + N
 * @throws InputError naming the file and the reason
 */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): Header {
  const steps = headerSteps(json, fileBytes, file);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Likewise, with pauses in which other events are served: a header of a hundred thousand tensors takes long. */
export async function parseHeaderInSlices(json: Uint8Array, fileBytes: number, file: string): Promise<Header> {
  const steps = headerSteps(json, fileBytes, file);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (isOutOfBreath()) await breath();
  }
}

function* headerSteps(json: Uint8Array, fileBytes: number, file: string): Generator<undefined, Header> {
  const fail = (reason: string): never => {
    throw new InputError(`${file} is not a valid safetensors file: ${reason}.`, NOT_VALID);
  };
  const dataStart = 8 + json.length;
  const metadata: JsonValue[] = [];
  // Of several entries of one name, each must say what it should; the sizes of the last one count.
  const named = new Map<string, TensorEntry | SizeProblem>();
  for (const field of rootFields(json, fail)) {
    const [name, value] = field;
    if (name === '__metadata__') metadata.push(value);
    else named.set(name, readEntry(name, value, dataStart, fail));
    yield;
  }
  if (metadata.length > 1) fail('__metadata__ is given twice');
  const entries = [...named.values()].map((entry) => ('problem' in entry ? fail(entry.problem) : entry));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkContiguous(entries, dataStart, fileBytes, fail);
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  return { metadata: readMetadata(metadata[0], fail), tensors, dataStart, fileBytes };
}

type Fail = (reason: string) => never;

function* rootFields(json: Uint8Array, fail: Fail): Generator<JsonField> {
  let isObject = false;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
    isObject = yield* parseJsonFields(text);
  } catch (error) {
    // What whoever reads the fields throws ends the loop there, and never comes here.
    fail(`its header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isObject) fail('its header is not a JSON object');
}

/** The value of a field that may stand once only. */
function only(fields: JsonObject['fields'], name: string, fail: Fail): JsonValue | undefined {
  let found: JsonField | undefined;
  for (const field of fields)
    if (field[0] === name) found = found === undefined ? field : fail(`${name} is given twice`);
  return found?.[1];
}

function readMetadata(value: JsonValue | undefined, fail: Fail): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined || value === null) return metadata;
  if (!(value instanceof JsonObject)) return fail('__metadata__ is not an object');
  for (const [key, text] of value.fields)
    metadata.set(key, typeof text === 'string' ? text : fail(`__metadata__ ${brief(key)} is not text`));
  return metadata;
}

interface SizeProblem {
  readonly problem: string;
}

function readEntry(name: string, value: JsonValue, dataStart: number, fail: Fail): TensorEntry | SizeProblem {
  const wrong = (reason: string): never => fail(`tensor "${brief(name)}" ${reason}`);
  if (!(value instanceof JsonObject)) return wrong('is not described by an object');
  const field = (wanted: string): JsonValue | undefined => only(value.fields, wanted, wrong);
  const dtype = field('dtype');
  if (typeof dtype !== 'string' || !isDtype(dtype)) return wrong(`has the unknown dtype ${describe(dtype)}`);
  const dimensions = readIntegers(field('shape'), 'shape', wrong);
  const offsets = readIntegers(field('data_offsets'), 'data_offsets', wrong);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) return wrong('needs two data_offsets');
  if (!isFit(dimensions, dtype, begin, end, dataStart)) {
    const problem = sizeProblem(dimensions.map(BigInt), dtype, BigInt(begin), BigInt(end), dataStart);
    if (problem !== undefined) return { problem: `tensor "${brief(name)}" ${problem}` };
  }
  return { name, dtype, shape: dimensions.map(Number), begin: dataStart + Number(begin), end: dataStart + Number(end) };
}

/** From 10^15 on a bigint. */
type Whole = number | bigint;

/** The usual case, told without bigints: all products are exact. */
function isFit(dimensions: readonly Whole[], dtype: Dtype, begin: Whole, end: Whole, dataStart: number): boolean {
  let bits: number = DTYPE_BITS[dtype];
  for (const dimension of dimensions) {
    bits *= Number(dimension);
    if (bits > Number.MAX_SAFE_INTEGER) return false;
  }
  return bits === (Number(end) - Number(begin)) * 8 && dataStart + Number(end) <= Number.MAX_SAFE_INTEGER;
}

function sizeProblem(
  dimensions: readonly bigint[],
  dtype: Dtype,
  begin: bigint,
  end: bigint,
  dataStart: number,
): string | undefined {
  if (begin > end) return 'ends before it begins';
  const bits = countBits(dimensions, dtype);
  if (bits === undefined) return 'has a shape that overflows';
  if (bits % 8n !== 0n) return 'does not fill whole bytes';
  if (bits / 8n !== end - begin) return `has ${end - begin} bytes where its shape and dtype need ${bits / 8n}`;
  return end > BigInt(Number.MAX_SAFE_INTEGER - dataStart) ? 'lies beyond 2^53 bytes' : undefined;
}

/** Undefined where it, or the product on the way there, is beyond 64 bits. */
function countBits(dimensions: readonly bigint[], dtype: Dtype): bigint | undefined {
  let elements = 1n;
  for (const dimension of dimensions) {
    elements *= dimension;
    if (elements > MAX_U64) return undefined;
  }
  const bits = elements * BigInt(DTYPE_BITS[dtype]);
  return bits > MAX_U64 ? undefined : bits;
}

function readIntegers(value: JsonValue | undefined, field: string, wrong: Fail): Whole[] {
  if (!Array.isArray(value)) return wrong(`has no ${field}`);
  if (value.length > MOST_DIMENSIONS) return wrong(`has a ${field} of ${value.length} numbers`);
  return value.map((item) => {
    if (typeof item === 'number') return item;
    if (!(item instanceof JsonNumber) || !/^\d+$/.test(item.text))
      return wrong(`has a ${field} that is not whole numbers`);
    const number = BigInt(item.text);
    return number > MAX_U64 ? wrong(`has a ${field} beyond 64 bits`) : number;
  });
}

function checkContiguous(entries: TensorEntry[], dataStart: number, fileBytes: number, fail: Fail): void {
  let expected = dataStart;
  for (const { name, begin, end } of entries) {
    if (begin < expected) fail(`tensor "${brief(name)}" overlaps the one before it`);
    if (begin > expected) fail(`there is a hole of ${begin - expected} bytes before tensor "${brief(name)}"`);
    expected = end;
  }
  if (expected > fileBytes) fail(`it is cut off: ${expected - fileBytes} of ${expected} bytes are missing`);
  if (expected < fileBytes) fail(`${fileBytes - expected} bytes follow the last tensor`);
}

function describe(value: JsonValue | undefined): string {
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : 'that is not text';
}
