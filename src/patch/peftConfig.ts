/** A LoRA pair as a configuration of PEFT describes it. */
export interface LoraSetting {
  /** The module's whole name. */
  readonly module: string;
  readonly rank: number;
  readonly alpha: number;
}

/** adapter_config.json for pairs of any rank and alpha: the commonest in front, the others by module. */
export function peftConfig(settings: readonly LoraSetting[], baseName: string | null): Record<string, unknown> {
  const r = commonest(settings.map(({ rank }) => rank));
  const alpha = commonest(settings.map((setting) => setting.alpha));
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseName,
    r,
    lora_alpha: alpha,
    rank_pattern: patternOf(settings, ({ rank }) => rank, r),
    alpha_pattern: patternOf(settings, (setting) => setting.alpha, alpha),
    target_modules: [...new Set(settings.map(({ module }) => module.slice(module.lastIndexOf('.') + 1)))].sort(),
    lora_dropout: 0,
    bias: 'none',
    inference_mode: true,
  };
}

function patternOf(
  settings: readonly LoraSetting[],
  valueOf: (setting: LoraSetting) => number,
  usual: number,
): Record<string, number> {
  const odd = settings.filter((setting) => valueOf(setting) !== usual);
  return Object.fromEntries(odd.map((setting) => [`^${setting.module.replaceAll('.', '\\.')}`, valueOf(setting)]));
}

function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}
