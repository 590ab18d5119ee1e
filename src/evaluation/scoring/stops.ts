/** What stands before the first stop text; an empty one stops nothing (lm-eval's postprocess_generated_text, models/utils.py). */
export function cutAtStops(text: string, stops: readonly string[]): string {
  return stops.reduce((rest, stop) => (stop === '' ? rest : (rest.split(stop, 1)[0] ?? '')), text);
}
