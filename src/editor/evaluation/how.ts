import { formatCount } from '../../base/format.ts';
import type { Comparison } from '../../evaluation/results/compare.ts';
import type { ColumnFacts } from '../../evaluation/results/types.ts';
import { formatInteger } from '../../evaluation/statistics/format.ts';
import type { RunFacts } from './runFacts.ts';

type Row = readonly [label: string, value: string];

/** What must stand beside numbers so that somebody else can get them again. */
export function howItWasComputed(
  { columns }: Comparison,
  runs: readonly RunFacts[],
  aside: ReadonlySet<number>,
): Row[] {
  const facts = columns.flatMap((column) => column.facts ?? []);
  const shared: [string, (of: ColumnFacts) => string][] = [
    ['Device', ({ device }) => device],
    [
      'Arithmetic',
      ({ endpoint, memory }) =>
        endpoint !== null ? 'the server’s' : memory === null ? 'float32' : `float32, weights ${memory}`,
    ],
    ['BOS', ({ bos }) => bos],
    ['Longest prompt', ({ maxLength }) => `${maxLength} tokens`],
  ];
  const rows: (readonly [string, readonly string[]])[] = [
    ['Computed by', columns.map(({ tool }) => tool)],
    ['As lm-evaluation-harness', runs.flatMap(({ lmEval }) => lmEval ?? [])],
    ...shared.map(([label, value]) => [label, facts.map(value)] as const),
    ['Examples before the question', runs.flatMap(({ fewShot }) => fewShot.map(([task, n]) => `${task}: ${n}`))],
    ['Items', runs.flatMap(({ limit }) => (limit === null ? 'all of each task' : `the first ${limit} of each task`))],
    ['Bootstrap', runs.flatMap(({ bootstrap }) => (bootstrap === null ? [] : bootstrapText(bootstrap)))],
  ];
  return [
    ...rows
      .map(([label, values]) => [label, [...new Set(values)].join('; ')] as const)
      .filter(([, text]) => text !== ''),
    ...columns.flatMap(({ label, facts: own }, i): Row[] =>
      own === null || aside.has(i) ? [] : [[label, describe(own)]],
    ),
  ];
}

/** Of the metrics that have no formula for it. */
function bootstrapText(draws: number): string {
  return `${formatInteger(draws)} draws for the standard errors of F1, correlation and perplexity`;
}

function describe(facts: ColumnFacts): string {
  const { modelName, architecture, parameters, dtype, patches, exported, control, endpoint } = facts;
  const patched = patches.map(({ name, scale }) => `+ ${name}${scale === 1 ? '' : ` at λ = ${scale}`}`);
  const model =
    endpoint === null
      ? `${modelName} (${architecture}, ${formatCount(parameters)} parameters, ${dtype} on disk)`
      : `${modelName} served at ${endpoint}`;
  return [
    [model, ...patched].join(' '),
    ...(exported ? ['rounded as a port does'] : []),
    ...(control === null ? [] : [`with random factors of the same ranks and norms instead of it, seed ${control}`]),
  ].join(', ');
}
