import type { PatchKind } from './keys.ts';

/** A tensor, or a setting, that cannot be ported. */
export interface Refusal {
  /** The tensor's key, or adapter_config.json for a setting. */
  readonly tensor: string;
  readonly kind: PatchKind | 'no target';
  readonly reason: string;
}
