import { isDict, Namespace, otherwise, PyFunction, PythonError, type Value } from '../python/values.ts';
import { str } from '../python/repr.ts';
import { MAX_ITEMS, type Budget } from '../python/budget.ts';
import { readParameters } from './parameters.ts';

/** The names that a template sees where it is. */
export class Scope {
  private readonly variables: Map<string, Value>;
  private readonly outer: Scope | undefined;
  readonly budget: Budget;

  constructor(variables: Map<string, Value>, budget: Budget, outer?: Scope) {
    this.variables = variables;
    this.budget = budget;
    this.outer = outer;
  }

  /** What a loop's body assigns is gone after each round. */
  inner(): Scope {
    return new Scope(new Map(), this.budget, this);
  }

  get(name: string): Value {
    const own = this.variables.get(name);
    if (own !== undefined) return own;
    return this.outer ? this.outer.get(name) : otherwise(GLOBALS.get(name), `'${name}' is undefined`, name);
  }

  set(name: string, value: Value): void {
    this.variables.set(name, value);
  }
}

const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', new PyFunction(range)],
  ['dict', new PyFunction((positional, named, budget) => new Map([...entries(positional, budget), ...named]))],
  [
    'namespace',
    new PyFunction((positional, named, budget) => new Namespace(new Map([...entries(positional, budget), ...named]))),
  ],
]);

function entries(positional: readonly Value[], budget: Budget): [string, Value][] {
  const [source] = positional;
  if (source === undefined) return [];
  if (!isDict(source)) throw new PythonError('dict() and namespace() take a dict');
  budget.items(source.size);
  return Array.from(source, ([key, value]) => [str(key, budget), value]);
}

function range(positional: readonly Value[], named: ReadonlyMap<string, Value>, budget: Budget): Value {
  const names = positional.length === 1 ? ['stop'] : ['start', 'stop', 'step'];
  const p = readParameters('range()', names, positional, named);
  const [start, step] = [p.number('start', 0), p.number('step', 1)];
  if (step === 0) throw new PythonError('range() cannot have steps of zero');
  const count = Math.max(0, Math.ceil((p.number('stop', 0) - start) / step));
  if (count > MAX_ITEMS) throw new PythonError(`range() of ${count} numbers is more than the ${MAX_ITEMS} allowed`);
  budget.items(count);
  return Array.from({ length: count }, (_, i) => start + i * step);
}
