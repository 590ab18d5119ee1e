import type { Delta } from './delta.ts';
import { openFullDelta, openLoraBias, openRows, openWhole } from './methods/absolute.ts';
import { openBoft } from './methods/boft.ts';
import type { DeltaContext } from './methods/context.ts';
import { openDora } from './methods/dora.ts';
import { openExpert } from './methods/experts.ts';
import { openIa3 } from './methods/ia3.ts';
import { openLora } from './methods/lora.ts';
import { openLoha, openLokr } from './methods/lycoris.ts';
import { openOft } from './methods/oft.ts';
import { openVera } from './methods/vera.ts';
import type { Recipe } from './recipe.ts';

/** The delta that a recipe describes. @throws InputError if the patch holds NaN, or the scale is beyond float32 */
export async function openDelta(recipe: Recipe, context: DeltaContext): Promise<Delta> {
  switch (recipe.method) {
    case 'LoRA':
    case 'LoRA convolution':
    case 'LoRA (block-diagonal)':
    case 'AdaLoRA':
      return openLora(recipe, context);
    case 'DoRA':
      return openDora(recipe, context);
    case 'LoRA on an expert':
      return openExpert(recipe, context);
    case 'LoRA on experts':
      throw new Error('factors for all experts were not resolved by the plan');
    case 'LoRA bias':
      return openLoraBias(recipe, context);
    case 'LoHa':
      return openLoha(recipe, context);
    case 'LoKr':
      return openLokr(recipe, context);
    case 'VeRA':
      return openVera(recipe, context);
    case 'IA³':
      return openIa3(recipe, context);
    case 'OFT':
      return openOft(recipe, context);
    case 'BOFT':
      return openBoft(recipe, context);
    case 'whole tensor':
      return openWhole(recipe, context);
    case 'token rows':
      return openRows(recipe, context);
    case 'full delta':
      return openFullDelta(recipe, context);
  }
}
