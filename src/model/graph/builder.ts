import type { Feeds, HostTensor } from '../../kernels/graphRuntime.ts';
import type {
  Attribute,
  Dimension,
  ElementType,
  Graph,
  GraphNode,
  GraphValue,
  Initialiser,
} from '../../kernels/onnx/graph.ts';
import type { Weight } from '../weights/weight.ts';
import { isMapped } from '../weights/weight.ts';

export interface OperatorOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: 'com.microsoft';
}

/** A graph, and the tensors that its session is given once. */
export interface BuiltGraph {
  readonly graph: Graph;
  readonly constants: Feeds;
}

/** Grows a graph node by node; a value is known by its name. */
export class GraphBuilder {
  private readonly casts: GraphNode[] = [];
  private readonly nodes: GraphNode[] = [];
  private readonly inputs: GraphValue[] = [];
  private readonly initialisers = new Map<string, Initialiser>();
  private readonly constants: Record<string, HostTensor> = {};
  private readonly widened = new Map<string, string>();
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
    const value = isMapped(weight)
      ? this.mapped(name, weight, shape, from / all)
      : this.held(name, weight, shape, from / all);
    this.widened.set(name, value);
    return value;
  }

  finish(name: string, outputs: readonly GraphValue[]): BuiltGraph {
    const nodes = [...this.casts, ...this.nodes];
    const graph = { name, inputs: this.inputs, outputs, nodes, initialisers: [...this.initialisers.values()] };
    return { graph, constants: this.constants };
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

  private mapped(
    name: string,
    weight: Weight & { readonly place: 'mapped' },
    shape: readonly number[],
    share: number,
  ): string {
    const { type, location, offset, bytes } = weight;
    const length = sizeOf(shape) * (type === 'float32' ? 4 : 2);
    const begin = offset + Math.round(share * bytes);
    this.initialisers.set(name, { name, type, shape, bytes: { location, offset: begin, length } });
    if (type === 'float32') return name;
    const widened = `${name} as float32`;
    const attributes = { to: { integer: 1 } };
    this.casts.push({ operator: 'Cast', inputs: [name], outputs: [widened], attributes });
    return widened;
  }

  private held(
    name: string,
    { values }: Weight & { readonly place: 'held' },
    shape: readonly number[],
    share: number,
  ): string {
    this.input(name, 'float32', shape);
    const begin = Math.round(share * values.length);
    this.constants[name] = { type: 'float32', data: values.subarray(begin, begin + sizeOf(shape)), shape };
    return name;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
