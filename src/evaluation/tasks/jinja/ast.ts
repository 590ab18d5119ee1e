import type { Value } from '../python/values.ts';

/** Jinja2's nodes (jinja2/nodes.py), as far as task definitions use them. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: Value; readonly line: number }
  | { readonly kind: 'name'; readonly name: string; readonly line: number }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[]; readonly line: number }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[]; readonly line: number }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string; readonly line: number }
  | { readonly kind: 'subscript'; readonly object: Expression; readonly index: Expression; readonly line: number }
  | { readonly kind: 'slice'; readonly bounds: readonly (Expression | undefined)[]; readonly line: number }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: Arguments; readonly line: number }
  | {
      readonly kind: 'filter' | 'test';
      readonly operand: Expression;
      readonly name: string;
      readonly args: Arguments;
      readonly line: number;
    }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly operand: Expression; readonly line: number }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression; readonly line: number }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly line: number;
    }
  | { readonly kind: 'concatenation'; readonly parts: readonly Expression[]; readonly line: number }
  | {
      readonly kind: 'comparison';
      readonly first: Expression;
      readonly rest: readonly (readonly [ComparisonOperator, Expression])[];
      readonly line: number;
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | undefined;
      readonly line: number;
    };

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
}

export const ARITHMETIC_OPERATORS = ['+', '-', '*', '/', '//', '%', '**'] as const;
export type ArithmeticOperator = (typeof ARITHMETIC_OPERATORS)[number];

export const COMPARISON_OPERATORS = ['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'] as const;
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number];

/** What a loop or an assignment gives a value: a name, an attribute of a namespace, or several of them. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string; readonly line: number }
  | { readonly kind: 'tuple'; readonly targets: readonly Target[]; readonly line: number };

export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly expression: Expression; readonly line: number }
  | {
      readonly kind: 'if';
      readonly branches: readonly (readonly [Expression, readonly Statement[]])[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly iterable: Expression;
      readonly condition: Expression | undefined;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
      readonly line: number;
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | { readonly kind: 'set block'; readonly target: Target; readonly body: readonly Statement[] };
