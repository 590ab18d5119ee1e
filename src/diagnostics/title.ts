import type { Diagnosis } from './types.ts';

/** "patch × 0.5 on base": what a diagnosis is called wherever one is listed or shown. */
export function diagnosisTitle({ patch, request, newBase }: Diagnosis): string {
  return `${patch.name}${request.scale === 1 ? '' : ` × ${request.scale}`} on ${newBase.name}`;
}
