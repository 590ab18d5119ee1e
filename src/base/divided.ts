/** A job that was divided into parts, as whoever submits them needs to know it. */
export interface Divided {
  /** What they will be put together to. */
  readonly out: string;
  readonly count: number;
  /** Those that are not there yet, or were computed from other files or by another version. */
  readonly missing: readonly number[];
  /** Of each part the files that are there once it is done. */
  readonly evidence: readonly (readonly string[])[];
  /** What every machine must be able to read. */
  readonly inputs: readonly string[];
  /** The folder that every machine must be able to write into. */
  readonly folder: string;
  /** That a part takes, estimated. */
  readonly memoryBytes: number;
}
