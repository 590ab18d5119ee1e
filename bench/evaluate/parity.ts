/**
 * Our answers beside lm-eval's (reference.py), item by item: prompts, token ids, log-likelihoods, choices.
 *
 *     node bench/evaluate/parity.ts MODEL DATA REFERENCE.json [--few-shot K]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readDocuments } from '../../src/evaluation/data/readDocuments.ts';
import { networkScorer } from '../../src/evaluation/scoring/networkScorer.ts';
import { makeItems } from '../../src/evaluation/tasks/items.ts';
import { loadTask } from '../../src/evaluation/tasks/loadTask.ts';
import { scoreItem } from '../../src/evaluation/tasks/score.ts';
import { evaluationSplit } from '../../src/evaluation/tasks/task.ts';
import { encodePair, encodeText } from '../../src/evaluation/tokenizer/encode.ts';
import { openTokenizer } from '../../src/evaluation/tokenizer/tokenizer.ts';
import type { Answer, Item } from '../../src/evaluation/types.ts';
import { ortGraphs } from '../../src/kernels/runtime/ortGraphs.ts';
import { LoadedModel } from '../../src/model/loadedModel.ts';

interface ReferenceRequest {
  readonly context: string;
  readonly continuation?: string;
  readonly context_ids: number[];
  readonly continuation_ids?: number[];
  readonly response: [number, boolean] | string;
}

interface Reference {
  readonly tasks: Record<
    string,
    {
      readonly seconds: number;
      readonly items: Record<
        string,
        { readonly requests: ReferenceRequest[]; readonly metrics: Record<string, number> }
      >;
    }
  >;
}

interface Tally {
  items: number;
  requests: number;
  prompts: number;
  tokens: number;
  worst: number;
  beyond: number;
  texts: number;
  metrics: number;
  explained: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'few-shot': { type: 'string', default: '0' } },
});
const [folder = '', data = '', referencePath = ''] = positionals;
const reference = JSON.parse(readFileSync(referencePath, 'utf8')) as Reference;
const { signal } = new AbortController();
const tokenizer = await openTokenizer(folder);
await using model = await LoadedModel.open(folder, {
  runtime: ortGraphs('cpu'),
  workload: { tokens: 1024, states: 512 },
  memory: undefined,
  sink: () => undefined,
  signal,
});
await using network = model.network();
const scorer = networkScorer(network, {
  tokenizer,
  bos: 'auto',
  maxLength: model.architecture.maxLength,
  batchTokens: 1024,
  endTokens: tokenizer.eos === undefined ? [] : [tokenizer.eos.id],
});

/** A choice may differ only where both see (nearly) a tie. */
function nearTie(answers: readonly Answer[]): boolean {
  const scores = answers.flatMap((answer) => (answer.kind === 'loglikelihood' ? [answer.logProbability] : []));
  const [first = 0, second = -Infinity] = scores.sort((a, b) => b - a);
  return first - second < 2e-3;
}

function compare(item: Item, answers: readonly Answer[], asked: ReferenceRequest[], tally: Tally): void {
  item.requests.forEach((request, i) => {
    const theirs = asked[i];
    const answer = answers[i];
    if (theirs === undefined || answer === undefined) throw new Error(`item ${item.docId} has other requests`);
    tally.requests++;
    if (request.kind === 'loglikelihood') {
      const ids = encodePair(tokenizer, request.context, request.continuation, 'auto');
      tally.prompts += Number(request.context === theirs.context && request.continuation === theirs.continuation);
      tally.tokens += Number(
        String([ids.context, ids.continuation]) === String([theirs.context_ids, theirs.continuation_ids]),
      );
    } else if (request.kind === 'generate_until') {
      tally.prompts += Number(request.context === theirs.context);
      tally.tokens += Number(String(encodeText(tokenizer, request.context, 'auto')) === String(theirs.context_ids));
    }
    if (answer.kind === 'generate_until') tally.texts += Number(answer.text === theirs.response);
    else if (typeof theirs.response !== 'string') {
      const difference = Math.abs(answer.logProbability - theirs.response[0]);
      tally.worst = Math.max(tally.worst, difference);
      tally.beyond += Number(difference > 1e-3);
    }
  });
}

console.log('task        items requests prompts= tokens=  worst Δ   >1e-3  texts= metrics= ties  seconds (lm-eval)');
for (const [name, { items: theirs, seconds }] of Object.entries(reference.tasks)) {
  const task = await loadTask(name);
  const documents = await readDocuments(join(data, `${name}_${evaluationSplit(task)}.jsonl`));
  const limit = Object.keys(theirs).length;
  const options = {
    fewShot: Number(values['few-shot']),
    limit,
    ...(tokenizer.eos ? { eosText: tokenizer.eos.text } : {}),
  };
  const items = makeItems(task, documents, documents, options);
  const tally = {
    items: 0,
    requests: 0,
    prompts: 0,
    tokens: 0,
    worst: 0,
    beyond: 0,
    texts: 0,
    metrics: 0,
    explained: 0,
  };
  const begin = performance.now();
  await scorer.answer(
    items,
    (question, answers) => {
      const item = items[question];
      const expected = item === undefined ? undefined : theirs[item.docId];
      if (item === undefined || expected === undefined) throw new Error('lm-eval has no such item');
      compare(item, answers, expected.requests, tally);
      tally.items++;
      const same = scoreItem(task, item, answers).every(({ filter, values: own }) =>
        Object.entries(own).every(
          ([metric, value]) => String(expected.metrics[`${metric},${filter}`]) === String(value),
        ),
      );
      tally.metrics += Number(same);
      tally.explained += Number(!same && nearTie(answers));
    },
    signal,
  );
  const own = ((performance.now() - begin) / 1000).toFixed(1);
  const { items: n, requests, prompts, tokens, worst, beyond, texts, metrics, explained } = tally;
  console.log(
    [
      name.padEnd(11),
      ...[n, requests, prompts, tokens].map((count) => String(count).padStart(7)),
      worst.toExponential(1).padStart(9),
      ...[beyond, texts, metrics, explained].map((count) => String(count).padStart(6)),
      `${own} (${seconds.toFixed(1)})`.padStart(16),
    ].join(' '),
  );
}
