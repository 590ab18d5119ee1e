import { reprFloat } from '../../tasks/python/repr.ts';
import { PyFloat, PyTuple } from '../../tasks/python/values.ts';

/** Beyond it a number can only have been a float: exact integers are BigInts there. */
const LARGEST_INTEGER = 2 ** 53;

/**
 * Python's `json.dumps(value, indent=indent, ensure_ascii=False)` to the byte, NaN and Infinity included: hashes are
 * taken of it. Whole numbers are ints unless they come as PyFloat; keys whose value is undefined are left out.
 */
export function dumps(value: unknown, indent?: number): string {
  return written(value, indent, '\n');
}

/** @param margin a new line and the white space that the value's own lines begin with */
function written(value: unknown, indent: number | undefined, margin: string): string {
  const inner = margin + ' '.repeat(indent ?? 0);
  const enclosed = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(', ') + close;
    return open + inner + parts.join(`,${inner}`) + margin + close;
  };
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof PyFloat) return floatText(value.value);
  const list = listIn(value);
  if (list !== undefined)
    return enclosed(
      '[',
      list.map((item) => written(item, indent, inner)),
      ']',
    );
  const entries = value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : Object.entries(value);
  const kept = entries.filter(([, of]) => of !== undefined);
  return enclosed(
    '{',
    kept.map(([key, of]) => `${JSON.stringify(String(key))}: ${written(of, indent, inner)}`),
    '}',
  );
}

function listIn(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (value instanceof PyTuple) return value.items;
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined;
  return Array.from(value as unknown as Iterable<unknown>);
}

function numberText(value: number): string {
  const isInteger = Number.isInteger(value) && Math.abs(value) <= LARGEST_INTEGER && !Object.is(value, -0);
  return isInteger ? String(value) : floatText(value);
}

/** json.encoder.floatstr */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return reprFloat(value);
}
