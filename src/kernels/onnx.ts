import { Writer } from 'protobufjs/minimal.js';

/**
 * The few messages of the ONNX format that our graphs need, written as protobuf.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export type Dimension = number | string;

export interface GraphValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  /** A number is fixed; a string names a dimension that is known at run time. */
  readonly shape: readonly Dimension[];
}

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
}

const ELEMENT_TYPES = { float32: 1, int64: 7, float16: 10, bfloat16: 16 } as const;
const IR_VERSION = 10;
const OPSET = 21;
const BYTES = 2;

/** A ModelProto, ready for InferenceSession.create. */
export function encodeModel(graph: Graph): Uint8Array {
  const writer = Writer.create();
  writer.uint32(tag(1, 0)).int64(IR_VERSION);
  writer.uint32(tag(2, BYTES)).string('portllm');
  message(writer, 7, (body) => encodeGraph(body, graph));
  message(writer, 8, (body) => body.uint32(tag(1, BYTES)).string('').uint32(tag(2, 0)).int64(OPSET));
  return writer.finish();
}

function encodeGraph(writer: Writer, graph: Graph): void {
  for (const node of graph.nodes) message(writer, 1, (body) => encodeNode(body, node));
  writer.uint32(tag(2, BYTES)).string(graph.name);
  for (const value of graph.inputs) message(writer, 11, (body) => encodeValue(body, value));
  for (const value of graph.outputs) message(writer, 12, (body) => encodeValue(body, value));
}

function encodeNode(writer: Writer, node: GraphNode): void {
  for (const input of node.inputs) writer.uint32(tag(1, BYTES)).string(input);
  for (const output of node.outputs) writer.uint32(tag(2, BYTES)).string(output);
  writer.uint32(tag(4, BYTES)).string(node.operator);
}

function encodeValue(writer: Writer, value: GraphValue): void {
  writer.uint32(tag(1, BYTES)).string(value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.uint32(tag(1, 0)).int32(ELEMENT_TYPES[value.type]);
      message(tensor, 2, (shape) => {
        for (const dimension of value.shape) message(shape, 1, (body) => encodeDimension(body, dimension));
      });
    }),
  );
}

function encodeDimension(writer: Writer, dimension: Dimension): void {
  if (typeof dimension === 'number') writer.uint32(tag(1, 0)).int64(dimension);
  else writer.uint32(tag(2, BYTES)).string(dimension);
}

function message(writer: Writer, field: number, fill: (body: Writer) => unknown): void {
  writer.uint32(tag(field, BYTES)).fork();
  fill(writer);
  writer.ldelim();
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
