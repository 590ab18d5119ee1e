/** A weight file as it was found; the content's hash only where the Hugging Face cache names it. */
export interface FileIdentity {
  readonly name: string;
  readonly bytes: number;
  readonly headerSha256: string;
  readonly sha256: string | null;
}

/** Which checkpoint this is, without reading its weights. */
export interface CheckpointIdentity {
  readonly path: string;
  /** `org/name` in the Hugging Face cache, else the folder's name. */
  readonly name: string;
  readonly revision: string | null;
  readonly architecture: string;
  readonly parameters: number;
  readonly dtype: string;
  readonly bytes: number;
  readonly configSha256: string;
  readonly files: readonly FileIdentity[];
}
