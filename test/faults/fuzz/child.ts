/** One target in a process of its own, so that a crash or a hang ends nothing else. Started by fuzz.ts. */
import { openSync, writeFileSync, writeSync } from 'node:fs';
import { Scene } from '../scene.ts';
import { below, seeded } from '../../support/random.ts';
import { mutate } from './mutate.ts';
import { outcomeOf } from './outcome.ts';
import { targetsOf } from './targets.ts';

export interface Assignment {
  readonly target: string;
  readonly from: number;
  readonly inputs: number;
  readonly seed: number;
  /** The number of the input that is being read. */
  readonly progressFile: string;
  /** The input itself. */
  readonly inputFile: string;
}

export interface Report {
  readonly kinds: number;
  readonly problems: readonly { readonly index: number; readonly problem: string; readonly input: string }[];
}

/** Inputs that led somewhere new are mutated further; so many of them are kept. */
const MAX_CORPUS = 400;
const MAX_PROBLEMS = 20;

async function run({ target: name, from, inputs, seed, progressFile, inputFile }: Assignment): Promise<Report> {
  await using scene = await Scene.create();
  const target = (await targetsOf(scene)).find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const corpus = [...target.seeds];
  const kinds = new Set<string>();
  const problems: { index: number; problem: string; input: string }[] = [];
  const progress = openSync(progressFile, 'w');
  for (let index = from; index < inputs; index++) {
    // Of each input its own numbers, so that one can be made again without those before it, but for the corpus.
    const random = seeded(seed * 1_000_003 + index);
    const input =
      index < target.seeds.length
        ? Buffer.from(corpus[index] ?? Buffer.alloc(0))
        : mutate(
            corpus[below(random, corpus.length)] ?? Buffer.alloc(0),
            corpus[below(random, corpus.length)] ?? Buffer.alloc(0),
            random,
          );
    writeFileSync(inputFile, input);
    writeSync(progress, String(index).padStart(12), 0);
    const outcome = await outcomeOf(input, target.read);
    if (!kinds.has(outcome.kind)) {
      kinds.add(outcome.kind);
      if (corpus.length < MAX_CORPUS) corpus.push(input);
    }
    for (const problem of outcome.problems)
      if (problems.length < MAX_PROBLEMS) problems.push({ index, problem, input: input.toString('base64') });
  }
  return { kinds: kinds.size, problems };
}

process.once('message', (assignment: Assignment) => {
  void run(assignment).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
