import { reprFloat } from '../../tasks/python/repr.ts';

/** lm-eval's sanitize_list (lm_eval/utils.py): every leaf becomes text. Numbers are floats: log-probabilities. */
export function sanitiseList(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sanitiseList);
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return reprFloat(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null || value === undefined ? 'None' : JSON.stringify(value);
}

/** lm-eval's sanitize_model_name. */
export function sanitiseName(name: string): string {
  return name.replace(/["<>:/|\\?*[\]]+/g, '__');
}
