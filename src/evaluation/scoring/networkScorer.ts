import { throwIfCancelled } from '../../base/abort.ts';
import type { Network } from '../../model/network.ts';
import type { Answer, Request } from '../types.ts';
import { makeBatches } from './batches.ts';
import { generateAll } from './generation.ts';
import { QuestionCollector } from './questionCollector.ts';
import type { Question, Scorer } from './scorer.ts';
import { sequencesOf, type Encoding } from './sequences.ts';
import { makeRows, type ScoringRow } from './trees.ts';

export interface NetworkScorerOptions extends Encoding {
  /** Padded tokens of a batch. */
  readonly batchTokens: number;
  /** Tokens that end a generated text. */
  readonly endTokens: readonly number[];
  /** Of tokens that occurred before, in generated texts; 1: none. */
  readonly repetitionPenalty: number;
}

type Asked = Exclude<Request, { kind: 'generate_until' }>;

/** One log-likelihood request while its sequences come in. */
interface Pending {
  readonly question: number;
  readonly place: number;
  readonly request: Asked;
  readonly truncated: number;
  readonly tokens: number;
  waiting: number;
  logProbability: number;
  greedy: boolean;
}

/** Answers from a network on this machine. */
export function networkScorer(network: Network, options: NetworkScorerOptions): Scorer {
  return {
    async answer(questions, onAnswered, signal) {
      const collector = new QuestionCollector(questions, onAnswered);
      await answerLikelihoods(network, options, questions, collector, signal);
      await generateAll(
        network,
        options,
        questions,
        (question, place, answer) => collector.add(question, place, answer),
        signal,
      );
    },
  };
}

async function answerLikelihoods(
  network: Network,
  options: NetworkScorerOptions,
  questions: readonly Question[],
  collector: QuestionCollector,
  signal: AbortSignal,
): Promise<void> {
  const owners: Pending[] = [];
  const rows: ScoringRow[] = [];
  questions.forEach(({ requests }, question) => {
    const first = owners.length;
    const sequences = requests.flatMap((request, place) => {
      if (request.kind === 'generate_until') return [];
      const own = sequencesOf(request, options);
      const pending = pendingOf(question, place, request, own);
      if (own.length === 0) collector.add(question, place, answerOf(pending));
      owners.push(...own.map(() => pending));
      return own;
    });
    if (sequences.length > 0) rows.push(...makeRows(sequences, first));
  });
  for (const batch of makeBatches(rows, options.batchTokens)) {
    throwIfCancelled(signal);
    await scoreBatch(network, batch, owners);
    for (const pending of new Set(batch.flatMap(({ targets }) => targets.map(({ sequence }) => owners[sequence]))))
      if (pending?.waiting === 0) collector.add(pending.question, pending.place, answerOf(pending));
  }
}

function pendingOf(
  question: number,
  place: number,
  request: Asked,
  sequences: readonly { readonly targets: readonly number[]; readonly truncated: number }[],
): Pending {
  const tokens = sequences.reduce((sum, { targets }) => sum + targets.length, 0);
  const truncated = sequences[0]?.truncated ?? 0;
  return { question, place, request, truncated, tokens, waiting: tokens, logProbability: 0, greedy: true };
}

/** Adds the batch's log-probabilities to their requests, in the order of the tokens. */
async function scoreBatch(network: Network, batch: readonly ScoringRow[], owners: readonly Pending[]): Promise<void> {
  const targets = batch.flatMap(({ targets: own }, row) => own.map((target) => ({ ...target, row })));
  const { logProbabilities, margins } = await network.score(
    batch.map(({ tree }) => tree),
    targets,
  );
  targets.forEach(({ sequence }, i) => {
    const pending = owners[sequence];
    if (pending === undefined) throw new Error('a target belongs to no request');
    pending.logProbability += logProbabilities[i] ?? NaN;
    pending.greedy &&= margins[i] === 0;
    pending.waiting--;
  });
}

function answerOf({ request, logProbability, greedy, tokens, truncated }: Pending): Answer {
  return request.kind === 'loglikelihood'
    ? { kind: 'loglikelihood', logProbability, greedy, tokens, truncated }
    : { kind: 'loglikelihood_rolling', logProbability, tokens };
}
