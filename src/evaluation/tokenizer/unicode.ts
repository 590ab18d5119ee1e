/** Unicode's White_Space, as Rust's char::is_whitespace has it: JavaScript's trim lacks U+0085 and has U+FEFF. */
const WHITE_SPACE = new Set(
  [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000].concat(
    Array.from({ length: 11 }, (_, i) => 0x2000 + i),
  ),
);

/** Python's str.isspace: also the four separators of ASCII. */
export function isPythonSpace(unit: number): boolean {
  return WHITE_SPACE.has(unit) || (unit >= 0x1c && unit <= 0x1f);
}

/** Where the white space begins that ends at `end`. */
export function beforeSpaces(text: string, end: number): number {
  let start = end;
  while (start > 0 && isPythonSpace(text.charCodeAt(start - 1))) start--;
  return start;
}
