/**
 * How the delta of one parameter is computed, as plain data: which tensors of the patch, and which numbers. A plan is made
 * of these; `openDelta` carries them out. Each method's formula stands in its own file under methods/.
 */
interface Common {
  /** Keys of the patch's tensors, by their part in the formula. */
  readonly tensors: Readonly<Record<string, string>>;
  /** Of Δ as the module has it, null where any size fits. Linears are [out, in]. */
  readonly shape: readonly (number | null)[];
  /** A linear's Δ may be stored the other way round (Conv1D); everything else is added as it stands. */
  readonly linear: boolean;
}

/** Δ = s · B @ A; of an embedding its transpose. Convolutions likewise, their kernels flattened. */
export interface LoraRecipe extends Common {
  readonly method: 'LoRA' | 'LoRA convolution' | 'AdaLoRA' | 'LoRA (block-diagonal)';
  readonly rank: number;
  readonly alpha: number;
  readonly scaling: number;
  /** A is [rank, vocabulary], B [dimension, rank], Δ (B @ A)ᵀ. */
  readonly embedding: boolean;
  /** A is stored [in, rank], B [rank, out] (MLX). */
  readonly turned?: true;
}

/** W' = m / ‖W + Δ‖ · (W + Δ), the norm taken over the inputs. */
export interface DoraRecipe extends Common {
  readonly method: 'DoRA';
  readonly lora: LoraRecipe;
}

/** Factors for all experts of a layer, before it is known how the base stores them. */
export interface ExpertsRecipe extends Common {
  readonly method: 'LoRA on experts';
  /** Which parameters it may belong to. */
  readonly parameters: readonly string[];
  /** Rows of A: experts · rank. */
  readonly stacked: number;
  /** By parameter: PEFT matches alpha_pattern against the parameter's whole name. */
  readonly alphas: Readonly<Record<string, number>>;
  readonly rankStabilised: boolean;
  /** Of PEFT, on which the orientation depends where the shape does not tell. */
  readonly peftVersion: string | null;
}

/** Rows [from, from + rows) of Δ_e = s · B_e @ A_e, or of its transpose. */
export interface ExpertRecipe extends Common {
  readonly method: 'LoRA on an expert';
  readonly rank: number;
  readonly alpha: number;
  readonly scaling: number;
  readonly expert: number;
  readonly experts: number;
  readonly from: number;
  readonly flipped: boolean;
  /** The factors lie as PEFT had them before 0.19, which newer ones do not read. */
  readonly outdated: boolean;
}

/** Δ = s · b, on a bias. */
export interface LoraBiasRecipe extends Common {
  readonly method: 'LoRA bias';
  readonly scaling: number;
}

export interface LohaRecipe extends Common {
  readonly method: 'LoHa' | 'LoKr';
  readonly rank: number;
  readonly alpha: number;
  readonly scaling: number;
}

/** Δ = (λ_b ∘ B) @ (λ_d ∘ A), A and B shared by all modules. */
export interface VeraRecipe extends Common {
  readonly method: 'VeRA';
  readonly rank: number;
  /** Columns of A. */
  readonly widest: number;
}

/** W' = W ∘ l over the outputs, or over the inputs of a feed-forward layer; biases likewise. */
export interface Ia3Recipe extends Common {
  readonly method: 'IA³';
  readonly over: 'outputs' | 'inputs';
}

/** W' = W Rᵀ, R of orthogonal blocks; of an embedding W R. */
export interface OftRecipe extends Common {
  readonly method: 'OFT';
  readonly blockSize: number;
  readonly blocks: number;
  /** Terms of the Neumann series, or null for the exact Cayley transform. */
  readonly neumannTerms: number | null;
  /** The factor of the series' last term. */
  readonly lastTerm: 1 | 2;
  /** One block is used for all. */
  readonly shared: boolean;
  /** COFT's bound on the norm of a block, or null. */
  readonly constraint: number | null;
}

/** W' = s ∘ W Mᵀ, M a product of permuted blocks. */
export interface BoftRecipe extends Common {
  readonly method: 'BOFT';
  readonly blockSize: number;
  readonly blocks: number;
  readonly butterflies: number;
}

/** Δ = saved − W_old. */
export interface WholeRecipe extends Common {
  readonly method: 'whole tensor';
}

/** Δ = saved − W_old in some rows, zero in the others. */
export interface RowsRecipe extends Common {
  readonly method: 'token rows';
  readonly rows: readonly number[];
}

/** Δ itself, as `portllm extract --full` writes it. */
export interface DeltaRecipe extends Common {
  readonly method: 'full delta';
}

export type Recipe =
  | LoraRecipe
  | DoraRecipe
  | ExpertsRecipe
  | ExpertRecipe
  | LoraBiasRecipe
  | LohaRecipe
  | VeraRecipe
  | Ia3Recipe
  | OftRecipe
  | BoftRecipe
  | WholeRecipe
  | RowsRecipe
  | DeltaRecipe;

export type Method = Recipe['method'];

/** The keys of the patch that a recipe uses up. */
export function tensorsOf(recipe: Recipe): string[] {
  const inner = recipe.method === 'DoRA' ? Object.values(recipe.lora.tensors) : [];
  return [...inner, ...Object.values(recipe.tensors)];
}

export function rankOf(recipe: Recipe): number | null {
  if (recipe.method === 'DoRA') return recipe.lora.rank;
  return 'rank' in recipe ? recipe.rank : null;
}

export function scalingOf(recipe: Recipe): number | null {
  if (recipe.method === 'DoRA') return recipe.lora.scaling;
  return 'scaling' in recipe ? recipe.scaling : null;
}
