/** A network as plain data: what `encodeModel` writes as an ONNX model. */
export type Dimension = number | string;

/** ONNX's numbers of the element types that our graphs use (`TensorProto.DataType`). */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  /** A number is fixed; a string names a dimension that is known at run time. */
  readonly shape: readonly Dimension[];
}

/** `integer` and `float` tell 1 from 1.0, which ONNX keeps apart. */
export type Attribute =
  | { readonly integer: number }
  | { readonly float: number }
  | { readonly integers: readonly number[] }
  | { readonly text: string };

export interface GraphNode {
  readonly operator: string;
  /** An optional input that is left out is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** '' (ONNX's own) unless stated. */
  readonly domain?: 'com.microsoft';
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** Where the bytes of a weight lie: the runtime maps them, nothing is copied. */
export interface ExternalBytes {
  /** Relative to the folder that the session is told. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A constant of the graph; its bytes are little-endian. */
export interface Initialiser {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array | ExternalBytes;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly initialisers?: readonly Initialiser[];
}
