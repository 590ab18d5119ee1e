/** How many elements a tensor of this shape has; one for a scalar, []. */
export function elements(shape: readonly number[]): number {
  // Beside a zero stands any number, and some of them together are infinite.
  return shape.includes(0) ? 0 : shape.reduce((product, dimension) => product * dimension, 1);
}
