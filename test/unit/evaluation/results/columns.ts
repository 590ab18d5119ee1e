import { sha256Of } from '../../../../src/base/hash.ts';
import type { ColumnRole } from '../../../../src/evaluation/request.ts';
import type { ImportedColumn, ImportedItem, ImportedTask } from '../../../../src/evaluation/results/readResults.ts';
import type { ColumnFacts } from '../../../../src/evaluation/results/types.ts';
import { aggregate, type Aggregation } from '../../../../src/evaluation/statistics/aggregations.ts';
import type { MetricValue } from '../../../../src/evaluation/types.ts';
import { FACTS } from './goldenRun.ts';

export interface MadeTask {
  readonly values: readonly MetricValue[];
  readonly key?: string;
  readonly aggregation?: Aggregation;
  readonly higherIsBetter?: boolean;
  readonly items?: Partial<ImportedItem>;
  readonly more?: Partial<ImportedTask>;
}

/** The numbers of items that are right, as zeros and ones. */
export function bits(n: number, isRight: (i: number) => boolean): number[] {
  return Array.from({ length: n }, (_, i) => Number(isRight(i)));
}

export function task({
  values,
  key = 'acc,none',
  aggregation = 'mean',
  higherIsBetter = true,
  ...made
}: MadeTask): ImportedTask {
  const items = values.map((value, docId) => ({
    docId,
    docHash: sha256Of(`document ${docId}`),
    promptHash: sha256Of(`prompt ${docId}`),
    targetHash: 'target',
    excerpt: `What is ${docId}?`,
    values: { [key]: value },
    ...made.items,
  }));
  const metric = { value: aggregate(aggregation, values), stderr: 0.015, aggregation, higherIsBetter };
  const known = { documents: values.length, limit: null, fewShot: 0, version: '1', complete: true, truncated: 0 };
  return { metrics: { [key]: metric }, n: values.length, ...known, items, ...made.more };
}

export function column(
  label: string,
  role: ColumnRole | undefined,
  tasks: Readonly<Record<string, ImportedTask>>,
  facts?: Partial<ColumnFacts>,
): ImportedColumn {
  const own = facts && { facts: { ...FACTS, label, role: role ?? null, ...facts } };
  return { label, role, source: `/out/${label}.json`, tool: 'PortLLM 1.0.0', tasks, ...own };
}
