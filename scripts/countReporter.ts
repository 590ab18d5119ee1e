import type { TestEvent } from 'node:test/reporters';

/** A node:test reporter that yields one JSON line: how many tests passed, failed and were skipped. */
export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { details, skip, todo } = event.data;
    // Suites are counted by their tests; one that fails by itself (a hook) has no failing test to show for it.
    if (details.type === 'suite' && event.type === 'test:pass') continue;
    if (skip !== undefined || todo !== undefined) counts.skipped++;
    else if (event.type === 'test:pass') counts.passed++;
    else if (details.type !== 'suite' || !isOfChildren(details)) counts.failed++;
  }
  yield JSON.stringify(counts) + '\n';
}

function isOfChildren(details: object): boolean {
  return 'error' in details && details.error instanceof Error && 'failureType' in details.error
    ? details.error.failureType === 'subtestsFailed'
    : false;
}
