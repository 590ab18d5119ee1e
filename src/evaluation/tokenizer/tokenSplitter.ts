const ROOT = 0;

/**
 * Finds tokens in a text: from the left, the longest of those that begin at a place. As @huggingface/tokenizers'
 * DictionarySplitter, but in linear time: reading from right to left through the tree of the reversed tokens (Aho and Corasick
 * 1975), the longest one that ends at a place is the longest that begins there.
 */
export class TokenSplitter {
  /** By UTF-16 unit and node. */
  private readonly children = new Map<number, Map<number, number>>();
  /** Where to go on when nothing follows: the longest other beginning that ends here. */
  private readonly fallbacks: Int32Array;
  /** How long the longest token is that ends here. */
  private readonly longest: Int32Array;

  constructor(tokens: readonly string[]) {
    const most = tokens.reduce((sum, { length }) => sum + length, 1);
    this.fallbacks = new Int32Array(most);
    this.longest = new Int32Array(most);
    const tree = new Tree(this.children, most);
    for (const token of tokens) this.longest[tree.add(token)] = token.length;
    this.longest[ROOT] = 0;
    for (const node of tree.byDepth()) this.link(node, tree.parents[node] ?? ROOT, tree.units[node] ?? 0);
  }

  /** The tokens, and what stands between them. */
  split(text: string): string[] {
    const lengths = this.lengths(text);
    const parts: string[] = [];
    let start = 0;
    for (let i = 0; i < text.length;) {
      const length = lengths[i] ?? 0;
      if (length > 0) {
        if (i > start) parts.push(text.slice(start, i));
        start = i + length;
        parts.push(text.slice(i, start));
      }
      i = length > 0 ? start : i + 1;
    }
    if (start < text.length) parts.push(text.slice(start));
    return parts;
  }

  /** At each place, how long the longest token is that begins there. */
  private lengths(text: string): Int32Array {
    const lengths = new Int32Array(text.length);
    let node = ROOT;
    for (let i = text.length - 1; i >= 0; i--) {
      node = this.follow(node, text.charCodeAt(i));
      lengths[i] = this.longest[node] ?? 0;
    }
    return lengths;
  }

  /** All nodes that are less deep are linked already. */
  private link(node: number, parent: number, unit: number): void {
    const fallback = parent === ROOT ? ROOT : this.follow(this.fallbacks[parent] ?? ROOT, unit);
    this.fallbacks[node] = fallback;
    if (this.longest[node] === 0) this.longest[node] = this.longest[fallback] ?? 0;
  }

  private follow(from: number, unit: number): number {
    const ofUnit = this.children.get(unit);
    if (ofUnit === undefined) return ROOT;
    for (let node = from; ; node = this.fallbacks[node] ?? ROOT) {
      const child = ofUnit.get(node);
      if (child !== undefined || node === ROOT) return child ?? ROOT;
    }
  }
}

/** The tree of the reversed tokens while it grows. */
class Tree {
  readonly parents: Int32Array;
  readonly units: Uint16Array;
  private readonly depths: Int32Array;
  private readonly children: Map<number, Map<number, number>>;
  private size = 1;

  constructor(children: Map<number, Map<number, number>>, most: number) {
    this.children = children;
    this.parents = new Int32Array(most);
    this.units = new Uint16Array(most);
    this.depths = new Int32Array(most);
  }

  /** @returns the node that stands for the token */
  add(token: string): number {
    let node = ROOT;
    for (let i = token.length - 1; i >= 0; i--) node = this.child(node, token.charCodeAt(i));
    return node;
  }

  /** All but the root. */
  byDepth(): Float64Array {
    const { depths, size } = this;
    // Numbers alone are sorted a hundred times faster than by a function.
    const keys = Float64Array.from({ length: size - 1 }, (_, i) => (depths[i + 1] ?? 0) * size + i + 1).sort();
    return keys.map((key) => key % size);
  }

  private child(parent: number, unit: number): number {
    const ofUnit = this.children.get(unit) ?? new Map<number, number>();
    const known = ofUnit.get(parent);
    if (known !== undefined) return known;
    const node = this.size++;
    this.children.set(unit, ofUnit.set(parent, node));
    this.parents[node] = parent;
    this.units[node] = unit;
    this.depths[node] = (this.depths[parent] ?? 0) + 1;
    return node;
  }
}
