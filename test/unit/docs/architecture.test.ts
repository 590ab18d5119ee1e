/** ARCHITECTURE.md is true of the tree: its table is the order that lint enforces, and what it names is there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { clusterWithTables } from '../../../scripts/scalingTables.ts';
import { architectureWithTable } from '../../../scripts/importTable.ts';
import { LAYERS } from '../../../scripts/layers.ts';
import { pages, readPage } from '../../support/markdown.ts';
import { ROOT } from '../../support/paths.ts';

/** Where a path of the page may begin. */
const STARTS = ['', 'src', 'src/kernels', 'src/evaluation', 'src/evaluation/run', 'src/model', 'src/patch', 'src/port'];

function isThere(path: string, ...more: readonly string[]): boolean {
  return [...STARTS, ...more].some((start) => existsSync(join(ROOT, start, path)));
}

/** Paths of files and folders that stand between backticks. */
function pathsOf(text: string): string[] {
  const words = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word);
  return words.filter((word) => /^[\w./-]+(\.ts|\.py|\/)$/.test(word) && word.includes('/') && !word.includes('NAME'));
}

describe('ARCHITECTURE.md', () => {
  const text = readPage('ARCHITECTURE.md');
  const rows = [...text.matchAll(/^\| `src\/([\w-]+)\/` /gm)].map(([, folder = '']) => folder);

  it('lists the folders from the top down, as lint has them', () => assert.deepEqual(rows, LAYERS));

  it('lists every folder of src/', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(rows.toSorted(), folders.map(({ name }) => name).toSorted());
  });

  it('says who imports whom', async () => {
    assert.equal(await architectureWithTable(text), text, 'npm run readme');
  });

  it('draws no folder that is not there', () => {
    const [picture = ''] = /```\n[\s\S]*?```/.exec(text) ?? [];
    const drawn = [...picture.matchAll(/(?:src|webview)\/[\w/.]*\w/g)].map(([path]) => path);
    assert.ok(drawn.length > 8);
    for (const path of drawn) assert.ok(isThere(path) || isThere(`${path}.ts`), path);
  });
});

describe('docs/cluster.md', () => {
  it('has the numbers that follow from bench/results', async () => {
    const text = readPage('docs/cluster.md');
    assert.equal(await clusterWithTables(text), text, 'npm run readme');
  });
});

describe('files that pages name', () => {
  for (const page of pages().filter((path) => !path.startsWith('bench/')))
    it(page, () => {
      for (const path of pathsOf(readPage(page))) assert.ok(isThere(path, dirname(page)), `${path} is not there`);
    });

  it('are found', () => {
    assert.deepEqual(pathsOf('`src/a.ts` `b/c/` `d.ts` `e f/g.ts`\n```\n`h/i.ts`\n```\n'), ['src/a.ts', 'b/c/']);
    assert.ok(pathsOf(readPage('ARCHITECTURE.md')).length > 20);
  });
});
