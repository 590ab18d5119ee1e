/** Writes docs/cluster.md's tables from the rates that bench/results has measured: `npm run readme`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTable } from './markedTable.ts';

const ROOT = join(import.meta.dirname, '..');
const PATH = join(ROOT, 'docs/cluster.md');

/** Of the shared file system, for all nodes together, in GB a second. */
const SHARED = 2;
const NODES = [1, 8, 64];
/** Parameters in billions, bytes in BF16, shards as on the hub, and the weights that a patch of all linears changes. */
const MODELS = [
  { name: '7B', parameters: 7.24, gigabytes: 14.5, shards: 3, tensors: 224 },
  { name: '70B', parameters: 70.6, gigabytes: 141, shards: 30, tensors: 560 },
  { name: '405B', parameters: 406, gigabytes: 812, shards: 191, tensors: 882 },
] as const;
type Model = (typeof MODELS)[number];
const ITEMS = 10_000;
const BLOCKS = Math.ceil(ITEMS / 128);

/** The first number of a cell of the table in a results file. @throws Error if it is not there */
function measured(file: string, row: RegExp, column: number): number {
  const text = readFileSync(join(ROOT, 'bench/results', file), 'utf8');
  const line = text.split('\n').find((one) => row.test(one)) ?? '';
  const value = Number.parseFloat(line.split('|')[column]?.trim() ?? '');
  if (Number.isNaN(value)) throw new Error(`${file} has no number for ${row}`);
  return value;
}

/** Seconds of one node of two cores for a gigabyte of the base. */
const PORT = measured('port-7B.md', /PortLLM, checkpoint/, 2) / MODELS[0].gigabytes;
/** For a gigabyte of both bases. */
const DIAGNOSE = measured('diagnose-7B.md', /PortLLM, diagnose/, 2) / (2 * MODELS[0].gigabytes);
/** Items of SST-2 a second and billion parameters: the shape has 1.24. */
const EVALUATE = 1.24 * measured('evaluate-memory.md', /\| sst2 /, 5);

/** Where nodes × bytes / rate and answering / nodes are least together: the same for models of any size. */
const MOST_NODES = Math.round(Math.sqrt((ITEMS * MODELS[0].parameters * SHARED) / (EVALUATE * MODELS[0].gigabytes)));

function seconds(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Read once and written once. */
function portSeconds({ gigabytes, shards }: Model, nodes: number): number {
  return Math.max((gigabytes * PORT) / Math.min(nodes, shards), (2 * gigabytes) / SHARED);
}

/** Both bases are read once. */
function diagnoseSeconds({ gigabytes, tensors }: Model, nodes: number): number {
  return Math.max((2 * gigabytes * DIAGNOSE) / Math.min(nodes, tensors), (2 * gigabytes) / SHARED);
}

/** Every node reads all weights, then answers its items. */
function evaluateSeconds({ gigabytes, parameters }: Model, nodes: number): number {
  const parts = Math.min(nodes, BLOCKS);
  return (parts * gigabytes) / SHARED + (ITEMS * parameters) / EVALUATE / parts;
}

function row(model: Model): string {
  const cells = [portSeconds, diagnoseSeconds, evaluateSeconds].flatMap((time) =>
    NODES.map((nodes) => seconds(time(model, nodes))),
  );
  const assembling = seconds(model.gigabytes / SHARED);
  return `| ${[model.name, `${model.gigabytes} GB`, ...cells, assembling].join(' | ')} |`;
}

function scalingTable(): string {
  const nodes = (what: string): string[] => NODES.map((count) => `${what}, ${count}`);
  const head = [
    'model',
    'BF16',
    ...nodes('port'),
    ...nodes('diagnose'),
    ...nodes('evaluate'),
    'putting a port together',
  ];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(2)}${' ---: |'.repeat(10)}`, ...MODELS.map(row)].join('\n');
}

function ratesTable(): string {
  const rows = [
    ['port', `${PORT.toFixed(2)} s for a GB of the base`, '[7B](../bench/results/port-7B.md)'],
    [
      'diagnose',
      `${DIAGNOSE.toFixed(2)} s for a GB of both bases, without directions`,
      '[7B](../bench/results/diagnose-7B.md)',
    ],
    [
      'evaluate',
      `${EVALUATE.toFixed(2)} items of SST-2 a second, of a billion parameters`,
      '[1B](../bench/results/evaluate-memory.md)',
    ],
    [
      'evaluate',
      `${MOST_NODES} nodes for ${seconds(ITEMS)} items; beyond, reading costs more than it saves`,
      'computed',
    ],
    ['shared file system', `${SHARED} GB a second for all nodes together`, 'assumed'],
  ];
  return [
    '| what | rate of a node of two cores | from |',
    '| --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

/** docs/cluster.md as it should be. @throws Error if it has lost the marks */
export async function clusterWithTables(page: string): Promise<string> {
  return withTable(await withTable(page, 'rates', ratesTable()), 'scaling', scalingTable());
}

if (import.meta.main) writeFileSync(PATH, await clusterWithTables(readFileSync(PATH, 'utf8')));
