import { inOrder } from './order.ts';
import { PAGE_ROWS } from './tensorTree.ts';
import type { GlanceTensor, RowPage } from './types.ts';

interface Searched {
  readonly tensor: GlanceTensor;
  readonly name: string;
  readonly dtype: string;
  readonly dimensions: readonly string[];
  readonly shape: string;
}

/** Finds tensors by words, all of which must fit: a part of the name, the beginning of a dtype, a dimension, or a shape (768x64). */
export class TensorSearch {
  private readonly tensors: readonly GlanceTensor[];
  private searched: readonly Searched[] | undefined;

  constructor(tensors: readonly GlanceTensor[]) {
    this.tensors = tensors;
  }

  /** The first of those that fit, and how many there are. */
  find(text: string): RowPage {
    this.searched ??= inOrder(this.tensors, ({ name }) => name).map(prepare);
    const words = wordsOf(text);
    const found = this.searched.filter((one) => words.every((word) => fits(one, word)));
    const rows = found
      .slice(0, PAGE_ROWS)
      .map(({ tensor }) => ({ type: 'tensor', label: tensor.name, tensor }) as const);
    return { from: 0, total: found.length, rows };
  }
}

function prepare(tensor: GlanceTensor): Searched {
  const dimensions = (tensor.shape ?? []).map(String);
  const [name, dtype] = [tensor.name.toLowerCase(), (tensor.dtype ?? 'missing').toLowerCase()];
  return { tensor, name, dtype, dimensions, shape: dimensions.join('x') };
}

/** "[768, 64]" and "768 × 64" are written as one word. */
function wordsOf(text: string): string[] {
  const joined = text
    .toLowerCase()
    .replaceAll(/(?<=\d)\s*[,×x]\s*(?=\d)/g, 'x')
    .replaceAll(/[[\]]/g, ' ');
  return joined.split(/\s+/).filter((word) => word !== '');
}

function fits({ name, dtype, dimensions, shape }: Searched, word: string): boolean {
  return name.includes(word) || dtype.startsWith(word) || dimensions.includes(word) || shape === word;
}
