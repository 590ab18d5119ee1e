import type { Feeds, HostTensor } from '../../kernels/graphRuntime.ts';
import { InputError } from '../../base/errors.ts';
import {
  ELEMENT_TYPES,
  type Attribute,
  type Dimension,
  type ElementType,
  type Graph,
  type GraphNode,
  type GraphValue,
  type Initialiser,
} from '../../kernels/onnx/graph.ts';
import { isMapped, type HeldWeight, type MappedWeight, type Weight } from '../weights/weight.ts';

/** Attributes of a Cast: `TensorProto.DataType.FLOAT`. */
const TO_FLOAT32 = { to: { integer: ELEMENT_TYPES.float32 } };

export interface OperatorOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: 'com.microsoft';
}

/** A graph, and the tensors that its session is given once. */
export interface BuiltGraph {
  readonly graph: Graph;
  readonly constants: Feeds;
  /** The folder that the places of mapped weights are relative to, where there are any. */
  readonly root: string | undefined;
}

/** Grows a graph node by node; a value is known by its name. */
export class GraphBuilder {
  private readonly casts: GraphNode[] = [];
  private readonly nodes: GraphNode[] = [];
  private readonly inputs: GraphValue[] = [];
  private readonly initialisers = new Map<string, Initialiser>();
  private readonly constants: Record<string, HostTensor> = {};
  private readonly widened = new Map<string, string>();
  private root: string | undefined;
  private count = 0;

  /** Adds a node of one output, and names it. */
  op(operator: string, inputs: readonly string[], options: OperatorOptions = {}): string {
    return this.ops(operator, inputs, 1, options)[0] ?? '';
  }

  /** Adds a node of several outputs. */
  ops(operator: string, inputs: readonly string[], outputs: number, options: OperatorOptions = {}): string[] {
    const names = Array.from({ length: outputs }, () => `${operator}_${this.count++}`);
    this.nodes.push({ operator, inputs, outputs: names, ...options });
    return names;
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    if (!this.inputs.some((input) => input.name === name)) this.inputs.push({ name, type, shape });
    return name;
  }

  float(value: number): string {
    return this.constant(`float_${value}`, 'float32', [], new Float32Array([value]));
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant(`integers_${shape.join('x')}_${values.join('_')}`, 'int64', shape, data);
  }

  /**
   * A weight, or rows of it, as float32. Mapped 16-bit weights are widened by a Cast. All Casts stand first in the list of
   * nodes: ONNX Runtime's order then runs each just before the node that uses it, so that few are in memory at once.
   */
  weight(weight: Weight, rows?: readonly [from: number, to: number]): string {
    const [all = 1, ...rest] = weight.shape;
    const [from, to] = rows ?? [0, all];
    const name = from === 0 && to === all ? weight.name : `${weight.name}[${from}:${to}]`;
    const known = this.widened.get(name);
    if (known !== undefined) return known;
    const shape = weight.shape.length === 0 ? [] : [to - from, ...rest];
    const value = isMapped(weight) ? this.mapped(name, weight, shape, from) : this.held(name, weight, shape, from);
    this.widened.set(name, value);
    return value;
  }

  /**
   * Rows of a table as float32, [n, columns] for int64 [n]. Mapped 16-bit tables are widened after the look-up, since a vocabulary
   * is long and a batch is short. But WebGPU cannot look up float16 on each device, and leaves bfloat16 to the CPU.
   */
  lookUp(table: Weight, rows: string, onDevice: boolean): string {
    const attributes = { axis: { integer: 0 } };
    if (!isMapped(table) || table.type === 'float32' || (onDevice && table.type === 'float16'))
      return this.op('Gather', [this.weight(table), rows], { attributes });
    const stored = this.initialiser(table.name, table, table.shape, 0);
    return this.op('Cast', [this.op('Gather', [stored, rows], { attributes })], { attributes: TO_FLOAT32 });
  }

  finish(name: string, outputs: readonly GraphValue[]): BuiltGraph {
    const nodes = [...this.casts, ...this.nodes];
    const graph = { name, inputs: this.inputs, outputs, nodes, initialisers: [...this.initialisers.values()] };
    return { graph, constants: this.constants, root: this.root };
  }

  private constant(
    name: string,
    type: ElementType,
    shape: readonly number[],
    data: Float32Array | BigInt64Array,
  ): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initialisers.set(name, { name, type, shape, bytes });
    return name;
  }

  private mapped(name: string, weight: MappedWeight, shape: readonly number[], from: number): string {
    const stored = this.initialiser(name, weight, shape, from);
    if (weight.type === 'float32') return stored;
    const widened = `${name} as float32`;
    this.casts.push({ operator: 'Cast', inputs: [stored], outputs: [widened], attributes: TO_FLOAT32 });
    return widened;
  }

  /** Rows of a weight from `from` on, as they lie in their file. */
  private initialiser(
    name: string,
    { type, root, location, offset, shape: whole }: MappedWeight,
    shape: readonly number[],
    from: number,
  ): string {
    this.root ??= root;
    if (root !== this.root)
      throw new InputError(
        `The model's files are on several drives (${this.root}, ${root}).`,
        'Copy them to one, so that they can be mapped together.',
      );
    const bytesPerElement = type === 'float32' ? 4 : 2;
    const begin = offset + from * sizeOf(whole.slice(1)) * bytesPerElement;
    const bytes = { location, offset: begin, length: sizeOf(shape) * bytesPerElement };
    this.initialisers.set(name, { name, type, shape, bytes });
    return name;
  }

  private held(name: string, { values, shape: whole }: HeldWeight, shape: readonly number[], from: number): string {
    this.input(name, 'float32', shape);
    const begin = from * sizeOf(whole.slice(1));
    this.constants[name] = { type: 'float32', data: values.subarray(begin, begin + sizeOf(shape)), shape };
    return name;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
