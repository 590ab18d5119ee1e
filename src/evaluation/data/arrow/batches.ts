import { tableFromIPC, Type, type Column, type DataType, type Field } from '@uwdata/flechette';
import { InputError } from '../../../base/errors.ts';
import { brief } from '../../../base/quote.ts';
import type { ArrowMessage } from '../arrowMessages.ts';
import { refusePrototype } from '../damage.ts';
import type { DataFile } from '../dataFile.ts';
import { Layout, type Allowance } from './layout.ts';
import { batchShape, checkSchema, dictionaryShape, type BatchShape } from './message.ts';

const OPTIONS = { useBigInt: true, useBigIntTimestamp: true };
/** Columns of nothing take no bytes, and those of truths an eighth of one. */
const CELLS = { least: 1_000_000, perByte: 8 };
const SHARED = { least: 8_000_000, perByte: 8 };
/** Dictionaries are read again for every take, which should be worth it. */
const LEAST_TAKE = 1_000_000;
/** Each makes its dictionary anew. */
const MAX_DELTAS = 100;

interface Pending {
  readonly bytes: Uint8Array;
  /** Of a dictionary. */
  readonly id?: number;
  readonly isDelta?: boolean;
}

export interface Taken {
  readonly columns: readonly Column<unknown>[];
  readonly rows: number;
}

/** Collects the messages of a file until there are enough of them, and has flechette read only what is sound. */
export class ArrowBatches {
  /** Of the table; none before its schema has come. */
  fields: readonly Field[] = [];
  /** That wait. */
  rows = 0;
  private readonly path: string;
  private readonly allowance: Allowance;
  private schema: Uint8Array | undefined;
  private readonly types = new Map<number, DataType>();
  /** What was taken before. */
  private readonly dictionaries = new Map<number, Uint8Array[]>();
  private pending: Pending[] = [];
  private waitingBytes = 0;
  private knownBytes = 0;
  private deltas = 0;

  constructor({ path, size }: DataFile) {
    this.path = path;
    this.allowance = {
      cells: CELLS.least + CELLS.perByte * size,
      bytes: SHARED.least + SHARED.perByte * size,
    };
  }

  get hasSchema(): boolean {
    return this.schema !== undefined;
  }

  get areWorthTaking(): boolean {
    return this.waitingBytes >= Math.max(LEAST_TAKE, this.knownBytes);
  }

  /** @throws InputError naming the column; Error saying what is wrong */
  add(message: ArrowMessage): void {
    if (message.kind === 'schema') this.addSchema(message);
    if (message.kind === 'dictionary') this.addDictionary(message);
    if (message.kind === 'batch') this.addBatch(message);
  }

  /** All that waits. */
  take(): Taken {
    const known = [...this.dictionaries.values()].flat();
    const waiting = this.pending.map(({ bytes }) => bytes);
    const { children } = tableFromIPC([this.schema ?? new Uint8Array(), ...known, ...waiting], OPTIONS);
    for (const each of this.pending) this.know(each);
    const { rows } = this;
    this.knownBytes = [...this.dictionaries.values()].flat().reduce((sum, { length }) => sum + length, 0);
    [this.pending, this.waitingBytes, this.rows] = [[], 0, 0];
    return { columns: children, rows };
  }

  private know({ id, isDelta, bytes }: Pending): void {
    if (id === undefined) return;
    const before = isDelta === true ? this.dictionaries.get(id) : undefined;
    this.dictionaries.set(id, [...(before ?? []), bytes]);
  }

  /** Of several only the first counts. */
  private addSchema({ bytes, metadata }: ArrowMessage): void {
    if (this.schema !== undefined) return;
    checkSchema(metadata);
    this.fields = tableFromIPC([bytes], OPTIONS).schema.fields;
    this.schema = bytes;
    this.visit(this.fields);
  }

  private visit(fields: readonly Field[]): void {
    refusePrototype(
      this.path,
      fields.map(({ name }) => name),
    );
    for (const { type } of fields) {
      if (type.typeId === Type.Dictionary) this.types.set(type.id, type.dictionary);
      this.visit(childrenOf(type.typeId === Type.Dictionary ? type.dictionary : type));
    }
  }

  private addDictionary({ bytes, metadata, body }: ArrowMessage): void {
    const shape = dictionaryShape(metadata);
    const { id, isDelta } = shape;
    if (isDelta && ++this.deltas > MAX_DELTAS) throw new Error('its dictionaries grow too often');
    const type = this.types.get(id) ?? { typeId: Type.NONE };
    this.check(new Layout(shape, body, this.allowance), type, shape.nodes[0], 'a dictionary');
    this.wait({ bytes, id, isDelta });
  }

  private addBatch({ bytes, metadata, body }: ArrowMessage): void {
    if (this.schema === undefined) throw new Error('its data come before its schema');
    const shape: BatchShape = batchShape(metadata);
    const layout = new Layout(shape, body, this.allowance);
    for (const { name, type } of this.fields) this.check(layout, type, shape.rows, `column ${brief(name)}`);
    this.wait({ bytes });
    // Without columns there are no documents.
    if (this.fields.length > 0) this.rows += shape.rows;
  }

  private check(layout: Layout, type: DataType, length: number | undefined, what: string): void {
    if (length === undefined || layout.column(type) !== length)
      throw new InputError(`${this.path}, ${what}, is damaged: its lengths do not fit.`);
  }

  private wait(pending: Pending): void {
    this.pending.push(pending);
    this.waitingBytes += pending.bytes.length;
  }
}

function childrenOf(type: DataType): readonly Field[] {
  return 'children' in type ? type.children : [];
}
