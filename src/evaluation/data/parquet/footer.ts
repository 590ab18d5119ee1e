import { asList, asStruct, ThriftReader, type ThriftStruct } from './thrift.ts';

/** Lists and structs in one another: three levels for each. */
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 5_000;
/** Of 32 bytes are the longest decimals that anybody writes. */
export const MAX_DECIMAL = 64;

const [FIXED, DECIMAL, VARIANT] = [7, 5, 16];

/**
 * Whether hyparquet can read a file's metadata in a time that its length explains.
 *
 * @param footer ends with its length and "PAR1"
 * @throws Error saying what is wrong
 */
export function checkFooter(footer: Uint8Array): void {
  const metadata = new ThriftReader(footer).struct();
  const schema = asList(metadata[2]).map(asStruct);
  checkSchema(schema);
  if (schema.some(isFixedDecimal)) for (const group of asList(metadata[4])) checkStatistics(asStruct(group));
}

/** Elements stand in the order of a walk through the tree, each with the number of its children. */
function checkSchema(schema: readonly ThriftStruct[]): void {
  if (schema.length > MAX_ELEMENTS) throw new Error(`its schema has more than ${MAX_ELEMENTS} parts`);
  const missing = [1];
  for (const element of schema) {
    while (missing.at(-1) === 0) missing.pop();
    if (missing.length === 0) break;
    missing.push((missing.pop() ?? 0) - 1);
    const { 5: children = 0, 10: logical } = element;
    if (typeof children === 'number' && children > 0) missing.push(children);
    if (missing.length > MAX_DEPTH) throw new Error('its schema is nested too deeply');
    if (logical !== undefined && asStruct(logical)[VARIANT] !== undefined)
      throw new Error('it has a column of type VARIANT, which is not read');
  }
  if (missing.some((children) => children > 0)) throw new Error('its schema is not complete');
}

function isFixedDecimal({ 1: type, 6: converted }: ThriftStruct): boolean {
  return type === FIXED && converted === DECIMAL;
}

/** Least and greatest values are turned into numbers, digit by digit. */
function checkStatistics(group: ThriftStruct): void {
  for (const column of asList(group[1])) {
    const { 3: metadata } = asStruct(column);
    const { 12: statistics } = metadata === undefined ? {} : asStruct(metadata);
    for (const value of Object.values(statistics === undefined ? {} : asStruct(statistics)))
      if (value instanceof Uint8Array && value.length > MAX_DECIMAL) throw new Error('a decimal of it has no end');
  }
}
