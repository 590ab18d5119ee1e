/**
 * Our answers beside lm-eval's (reference.py), item by item: prompts, token ids, log-likelihoods, texts, metrics.
 *
 *     node bench/evaluate/parity.ts MODEL DATA REFERENCE.json … [--out FILE.md] [--title TEXT]
 *
 * The references are of one model; each says with how many examples its prompts were made. A table is added to FILE.md.
 * Ends with 1 where something differs that is no (near) tie.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readDocuments } from '../../src/evaluation/data/readDocuments.ts';
import { readDecoding } from '../../src/evaluation/run/decoding.ts';
import { BATCH_TOKENS, workOf } from '../../src/evaluation/run/work.ts';
import { networkScorer } from '../../src/evaluation/scoring/networkScorer.ts';
import type { Scorer } from '../../src/evaluation/scoring/scorer.ts';
import { makeItems } from '../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../src/evaluation/tasks/loadTask.ts';
import { scoreItem } from '../../src/evaluation/tasks/score.ts';
import { evaluationSplit, type Task } from '../../src/evaluation/tasks/task.ts';
import { encodePair, encodeText } from '../../src/evaluation/tokenizer/encode.ts';
import { openTokenizer } from '../../src/evaluation/tokenizer/tokenizer.ts';
import type { Answer, Item, Request } from '../../src/evaluation/types.ts';
import { ortGraphs } from '../../src/kernels/runtime/ortGraphs.ts';
import { LoadedModel } from '../../src/model/loadedModel.ts';

interface ReferenceRequest {
  readonly context: string;
  readonly continuation?: string;
  readonly context_ids: number[];
  readonly continuation_ids?: number[];
  readonly response: [number, boolean] | string;
}

interface ReferenceItem {
  readonly requests: ReferenceRequest[];
  readonly metrics: Record<string, number>;
}

interface Reference {
  readonly few_shot: number;
  readonly max_tokens: number | null;
  readonly tasks: Record<string, { readonly items: Record<string, ReferenceItem> }>;
}

/** How many were the same, of how many. */
interface Tally {
  requests: number;
  prompts: number;
  tokens: number;
  likelihoods: number;
  within: number;
  worst: number;
  texts: number;
  sameTexts: number;
  metrics: number;
  ties: number;
}

const TOLERANCE = 1e-3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, title: { type: 'string' } },
});
const [folder = '', data = '', ...references] = positionals;
const { signal } = new AbortController();
const sink = (): void => undefined;
const tokenizer = await openTokenizer(folder);
await using model = await LoadedModel.find(folder, ortGraphs('cpu'));
const encoding = { tokenizer, bos: 'auto' as const, maxLength: model.architecture.maxLength };
const decoding = await readDecoding(folder, model.checkpoint.names, tokenizer);

/** Whether a choice, or a token that is generated, was so close that another order of summing may change it. */
function nearTie(answers: readonly Answer[]): boolean {
  const scores = answers.flatMap((answer) => (answer.kind === 'loglikelihood' ? [answer.logProbability] : []));
  const [first = 0, second = -Infinity] = scores.sort((a, b) => b - a);
  return first - second < 2 * TOLERANCE;
}

function tokensOf(request: Request): string {
  if (request.kind === 'loglikelihood_rolling') throw new Error('no task of these asks for whole texts');
  if (request.kind === 'generate_until') return String(encodeText(tokenizer, request.context, 'auto'));
  const { context, continuation } = encodePair(tokenizer, request.context, request.continuation, 'auto');
  return `${String(context)} | ${String(continuation)}`;
}

function compareRequest(request: Request, answer: Answer, theirs: ReferenceRequest, tally: Tally): void {
  const { context, continuation, context_ids, continuation_ids, response } = theirs;
  const ids =
    continuation_ids === undefined ? String(context_ids) : `${String(context_ids)} | ${String(continuation_ids)}`;
  const prompt = request.kind === 'loglikelihood' ? [request.context, request.continuation] : [promptOf(request)];
  tally.requests++;
  tally.prompts += Number(
    JSON.stringify(prompt) === JSON.stringify(continuation === undefined ? [context] : [context, continuation]),
  );
  tally.tokens += Number(tokensOf(request) === ids);
  if (answer.kind === 'generate_until') {
    tally.texts++;
    tally.sameTexts += Number(answer.text === response);
  } else if (typeof response !== 'string') {
    const difference = Math.abs(answer.logProbability - response[0]);
    tally.likelihoods++;
    tally.within += Number(difference <= TOLERANCE);
    tally.worst = Math.max(tally.worst, difference);
  }
}

function promptOf(request: Request): string {
  return request.kind === 'loglikelihood_rolling' ? request.text : request.context;
}

async function itemsOf(name: string, reference: Reference): Promise<{ task: Task; items: Item[] }> {
  const found = await loadTask(name);
  const { max_tokens: maxTokens, few_shot: fewShot } = reference;
  const { generation, fewShot: examples } = found;
  // As reference.py changes lm-eval's own definition: examples come from what is evaluated.
  const task = {
    ...found,
    fewShot: { ...examples, split: evaluationSplit(found) },
    generation: maxTokens === null || generation === undefined ? generation : { ...generation, maxTokens },
  };
  const documents = await readDocuments(join(data, `${name}_${evaluationSplit(task)}.jsonl`));
  const limit = Object.keys(reference.tasks[name]?.items ?? {}).length;
  return { task, items: makeItems(task, documents, documents, { fewShot, limit, eosText: tokenizer.eos?.text }) };
}

async function compareTask(
  task: Task,
  items: Item[],
  theirs: Record<string, ReferenceItem>,
  scorer: Scorer,
): Promise<Tally> {
  const tally = {
    requests: 0,
    prompts: 0,
    tokens: 0,
    likelihoods: 0,
    within: 0,
    worst: 0,
    texts: 0,
    sameTexts: 0,
    metrics: 0,
    ties: 0,
  };
  await scorer.answer(
    items,
    (question, answers) => {
      const item = items[question];
      const expected = item === undefined ? undefined : theirs[item.docId];
      if (item === undefined || expected === undefined) throw new Error('lm-eval has no such item');
      item.requests.forEach((request, i) => {
        const [answer, own] = [answers[i], expected.requests[i]];
        if (answer === undefined || own === undefined) throw new Error(`item ${item.docId} has other requests`);
        compareRequest(request, answer, own, tally);
      });
      const same = scoreItem(task, item, answers).every(({ filter, values: own }) =>
        Object.entries(own).every(
          ([metric, value]) => String(expected.metrics[`${metric},${filter}`]) === String(value),
        ),
      );
      tally.metrics += Number(same);
      tally.ties += Number(!same && nearTie(answers));
    },
    signal,
  );
  return tally;
}

const lines = [
  '| task | examples | items | same prompts | same token ids | log-likelihoods within 0.001 | worst difference | same texts | same metrics | differing: near ties |',
  '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
];
let differing = 0;
for (const path of references) {
  const reference = JSON.parse(readFileSync(path, 'utf8')) as Reference;
  for (const [name, { items: theirs }] of Object.entries(reference.tasks)) {
    const { task, items } = await itemsOf(name, reference);
    await model.load({ ...workOf(items, encoding, BATCH_TOKENS), replaced: 0 }, undefined, { sink, signal });
    await using network = model.network();
    const scorer = networkScorer(network, { ...encoding, ...decoding, batchTokens: BATCH_TOKENS });
    const tally = await compareTask(task, items, theirs, scorer);
    const { requests, prompts, tokens, likelihoods, within, worst, texts, sameTexts, metrics, ties } = tally;
    const cells = [name, reference.few_shot, items.length, `${prompts} / ${requests}`, `${tokens} / ${requests}`];
    cells.push(
      likelihoods === 0 ? '–' : `${within} / ${likelihoods}`,
      likelihoods === 0 ? '–' : worst.toExponential(1),
    );
    cells.push(texts === 0 ? '–' : `${sameTexts} / ${texts}`, `${metrics} / ${items.length}`, ties);
    lines.push(`| ${cells.join(' | ')} |`);
    console.log(lines.at(-1));
    differing += 2 * requests - prompts - tokens + likelihoods - within + items.length - metrics - ties;
  }
}
const HEAD = `# Evaluation: parity with lm-evaluation-harness

Items, prompts, token ids, log-likelihoods, generated texts and metrics of PortLLM beside those of lm-eval 0.4.13 (backend hf,
float32, CPU), on the same documents, the first ones of each task. Made by \`bench/evaluate/reference.py\` and
\`bench/evaluate/parity.ts\`. Examples (few-shot) come from the documents that are evaluated, drawn by lm-eval's own generator.
`;

if (values.out !== undefined) {
  if (!existsSync(values.out)) writeFileSync(values.out, HEAD);
  appendFileSync(values.out, `\n## ${values.title ?? folder}\n\n${lines.join('\n')}\n`);
}
process.exitCode = differing === 0 ? 0 : 1;
