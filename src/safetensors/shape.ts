/** How many elements a tensor of this shape has; one for a scalar, []. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
