import { Writer } from 'protobufjs/minimal.js';
import {
  ELEMENT_TYPES,
  type Attribute,
  type Dimension,
  type ExternalBytes,
  type Graph,
  type GraphNode,
  type GraphValue,
  type Initialiser,
} from './graph.ts';

/** With opset 23 came RMSNormalization and RotaryEmbedding (https://onnx.ai/onnx/operators/). */
const OPSET = 23;
const IR_VERSION = 11;
const MICROSOFT_OPSET = 1;
const BYTES = 2;
const FIXED32 = 5;
/** `TensorProto.DataLocation` */
const EXTERNAL = 1;

/**
 * A ModelProto, ready for InferenceSession.create.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function encodeModel(graph: Graph): Uint8Array {
  const writer = Writer.create();
  writer.uint32(tag(1, 0)).int64(IR_VERSION);
  text(writer, 2, 'portllm');
  message(writer, 7, (body) => encodeGraph(body, graph));
  message(writer, 8, (body) => text(body, 1, '').uint32(tag(2, 0)).int64(OPSET));
  if (graph.nodes.some(({ domain }) => domain !== undefined))
    message(writer, 8, (body) => text(body, 1, 'com.microsoft').uint32(tag(2, 0)).int64(MICROSOFT_OPSET));
  return writer.finish();
}

function encodeGraph(writer: Writer, graph: Graph): void {
  for (const node of graph.nodes) message(writer, 1, (body) => encodeNode(body, node));
  text(writer, 2, graph.name);
  for (const tensor of graph.initialisers ?? []) message(writer, 5, (body) => encodeTensor(body, tensor));
  for (const value of graph.inputs) message(writer, 11, (body) => encodeValue(body, value));
  for (const value of graph.outputs) message(writer, 12, (body) => encodeValue(body, value));
}

function encodeNode(writer: Writer, node: GraphNode): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 4, node.operator);
  for (const [name, value] of Object.entries(node.attributes ?? {}))
    message(writer, 5, (body) => encodeAttribute(body, name, value));
  if (node.domain !== undefined) text(writer, 7, node.domain);
}

/** `AttributeProto.AttributeType`: FLOAT 1, INT 2, STRING 3, INTS 7. */
function encodeAttribute(writer: Writer, name: string, value: Attribute): void {
  text(writer, 1, name);
  const type = (number: number): unknown => writer.uint32(tag(20, 0)).int32(number);
  if ('float' in value) {
    writer.uint32(tag(2, FIXED32)).float(value.float);
    type(1);
  } else if ('integer' in value) {
    writer.uint32(tag(3, 0)).int64(value.integer);
    type(2);
  } else if ('text' in value) {
    text(writer, 4, value.text);
    type(3);
  } else {
    for (const number of value.integers) writer.uint32(tag(8, 0)).int64(number);
    type(7);
  }
}

function encodeTensor(writer: Writer, { name, type, shape, bytes }: Initialiser): void {
  for (const size of shape) writer.uint32(tag(1, 0)).int64(size);
  writer.uint32(tag(2, 0)).int32(ELEMENT_TYPES[type]);
  text(writer, 8, name);
  if (bytes instanceof Uint8Array) writer.uint32(tag(9, BYTES)).bytes(bytes);
  else encodeExternal(writer, bytes);
}

function encodeExternal(writer: Writer, { location, offset, length }: ExternalBytes): void {
  for (const [key, value] of Object.entries({ location, offset, length }))
    message(writer, 13, (entry) => {
      text(entry, 1, key);
      text(entry, 2, String(value));
    });
  writer.uint32(tag(14, 0)).int32(EXTERNAL);
}

function encodeValue(writer: Writer, value: GraphValue): void {
  text(writer, 1, value.name);
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
  else text(writer, 2, dimension);
}

function text(writer: Writer, field: number, value: string): Writer {
  return writer.uint32(tag(field, BYTES)).string(value);
}

function message(writer: Writer, field: number, fill: (body: Writer) => unknown): void {
  writer.uint32(tag(field, BYTES)).fork();
  fill(writer);
  writer.ldelim();
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
