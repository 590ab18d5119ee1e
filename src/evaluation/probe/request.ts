import type { PatchOnModel } from '../../model/patched/openOverlay.ts';
import type { EvaluateRequest } from '../request.ts';

/** A patch on a new base, and the tasks whose loss is looked at; these are named as an evaluation names them. */
export interface ProbeRequest
  extends
    Pick<PatchOnModel, 'patch' | 'scale' | 'from'>,
    Pick<EvaluateRequest, 'tasks' | 'data' | 'limit' | 'fewShot' | 'bos' | 'memory' | 'batchTokens' | 'seed'> {
  /** The new base. */
  readonly onto: string;
}
