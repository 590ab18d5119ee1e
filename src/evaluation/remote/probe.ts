import { UserError } from '../../base/errors.ts';
import { type Question, SEED } from './echoed.ts';
import { type Endpoint, type Server, serverOf, withAttempts } from './endpoint.ts';
import { RequestFailure } from './failures.ts';
import { forcedToken } from './forced.ts';
import type { Scoring } from './logProbabilities.ts';
import { type Choice, COMPLETION, type Models, MODELS } from './responses.ts';
import { sendForJson } from './send.ts';

export interface EndpointFacts {
  readonly server: 'vLLM' | 'llama.cpp' | 'other';
  /** Adapters among them. */
  readonly models: readonly string[];
  /** Tokens that the model takes in, the new ones included, where the server tells. */
  readonly maxLength: number | undefined;
  /** Log-probabilities of a prompt by `echo` and `logprobs`; not tried on a vLLM with adapters (see forced.ts). */
  readonly echo: boolean;
  /** Prompts may be token ids. */
  readonly tokenPrompts: boolean;
  /** The way to log-probabilities of a prompt, if there is one. */
  readonly scoring: Scoring | undefined;
}

/** What an evaluation asks a server for; a task of generate_until needs texts only. */
export type Need = 'log-probabilities' | 'texts';

/** Two tokens that every vocabulary has. */
const TRIAL_TOKENS = [1, 2] as const;
const TRIAL_TEXT = 'One two three';
const ECHO = { logprobs: 1, echo: true };
/** A server that cannot do a thing says so with one of these. */
const REFUSALS = new Set([400, 404, 405, 415, 422, 500, 501]);

/**
 * Asks the server what it is and tries out what an evaluation needs of it.
 *
 * @throws UserError in words, with what to do
 */
export async function probeEndpoint(
  endpoint: Endpoint,
  signal: AbortSignal,
  need: Need = 'log-probabilities',
): Promise<EndpointFacts> {
  const server = withAttempts(serverOf(endpoint), 2);
  const listed = await sendForJson(server, `${server.v1}/models`, undefined, MODELS, signal);
  const found = checkModel(listed, endpoint.model);
  const kind = kindOf(found.owned_by);
  const adapters = kind === 'vLLM' && listed.data.some(({ parent }) => parent != null);
  const facts = await tryOut({ server, model: endpoint.model }, adapters, signal);
  if (need === 'log-probabilities' && facts.scoring === undefined) throw noScoring(server, kind);
  return { ...facts, server: kind, models: listed.data.map(({ id }) => id), maxLength: maxLengthOf(listed, found) };
}

type Card = Models['data'][number];

function checkModel({ data }: Models, model: string): Card {
  const found = data.find(({ id, aliases }) => id === model || aliases?.includes(model) === true);
  if (found !== undefined) return found;
  const names = data.map(({ id }) => id).join(', ');
  throw new UserError(
    `The server has no model called "${model}". It has ${names === '' ? 'none' : `these: ${names}`}.`,
    'Give one of these names; vLLM takes others with --served-model-name.',
  );
}

function kindOf(owner: string | null | undefined): EndpointFacts['server'] {
  if (owner === 'vllm') return 'vLLM';
  return owner === 'llamacpp' ? 'llama.cpp' : 'other';
}

/** vLLM tells it of a base model only, not of the adapters on it. */
function maxLengthOf({ data }: Models, found: Card): number | undefined {
  const base = data.find(({ id }) => id === found.parent);
  return found.max_model_len ?? found.meta?.n_ctx ?? base?.max_model_len ?? undefined;
}

type Asked = Omit<Question, 'sendTokens'>;

/** The ways to log-probabilities, the cheapest first. */
async function tryOut(
  asked: Asked,
  adapters: boolean,
  signal: AbortSignal,
): Promise<Pick<EndpointFacts, 'echo' | 'tokenPrompts' | 'scoring'>> {
  const ask = (prompt: unknown, wanted: object): Promise<Trial> => tryCompletion(asked, prompt, wanted, signal);
  const ids = [TRIAL_TOKENS];
  const echoed = adapters ? undefined : await ask(ids, ECHO);
  const tokenPrompts = (echoed ?? (await ask(ids, {})))?.counted ?? false;
  if (!tokenPrompts) {
    const echo = tellsPrompt((await ask(TRIAL_TEXT, ECHO))?.choice);
    return { echo, tokenPrompts, scoring: echo ? 'echo' : undefined };
  }
  if (tellsPrompt(echoed?.choice)) return { echo: true, tokenPrompts, scoring: 'echo' };
  const direct = adapters ? undefined : await ask(ids, { prompt_logprobs: 1 });
  if (direct?.choice?.prompt_logprobs?.length === TRIAL_TOKENS.length)
    return { echo: false, tokenPrompts, scoring: 'prompt_logprobs' };
  return { echo: false, tokenPrompts, scoring: (await canForce(asked, signal)) ? 'forced tokens' : undefined };
}

/** The answer; nothing where the server refused. `counted`: it took the prompt for as many tokens as it has. */
type Trial = { readonly choice: Choice | undefined; readonly counted: boolean } | undefined;

async function tryCompletion(
  { server, model }: Asked,
  prompt: unknown,
  wanted: object,
  signal: AbortSignal,
): Promise<Trial> {
  const body = { model, prompt, temperature: 0, max_tokens: 1, seed: SEED, ...wanted };
  return unlessRefused(async () => {
    const { choices, usage } = await sendForJson(server, `${server.v1}/completions`, body, COMPLETION, signal);
    const counted = (usage?.prompt_tokens ?? TRIAL_TOKENS.length) === TRIAL_TOKENS.length;
    return { choice: choices[0], counted };
  });
}

function tellsPrompt(choice: Choice | undefined): boolean {
  const { token_logprobs: chosen, top_logprobs: top } = choice?.logprobs ?? {};
  return typeof chosen?.[1] === 'number' && top?.[1] != null;
}

/** Two tokens share a probability of at most 1, unless the server tells what the bias made of it. */
async function canForce(asked: Asked, signal: AbortSignal): Promise<boolean> {
  const positions = await unlessRefused(() =>
    Promise.all(TRIAL_TOKENS.map((token) => forcedToken(asked, TRIAL_TOKENS, token, signal))),
  );
  const total = positions?.reduce((sum, [chosen]) => sum + Math.exp(chosen), 0);
  return total !== undefined && total < 1.01;
}

async function unlessRefused<T>(attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    const refused = error instanceof RequestFailure ? REFUSALS.has(error.status ?? 0) : error instanceof UserError;
    if (refused) return undefined;
    throw error;
  }
}

const SCORING_HINTS: Readonly<Record<EndpointFacts['server'], string>> = {
  vLLM: 'Start vLLM without --max-logprobs 0 and without --logprobs-mode processed_logprobs.',
  'llama.cpp': 'Update llama-server: one of 2025 or later tells log-probabilities of tokens that are asked for.',
  other: 'Serve the model with vLLM or llama-server. Tasks that only generate text can be evaluated with this server.',
};

function noScoring({ v1 }: Server, kind: EndpointFacts['server']): UserError {
  return new UserError(
    `The server at ${new URL(v1).host} tells no log-probabilities of a prompt ("echo" with "logprobs"), ` +
      'without which choices and texts cannot be scored.',
    SCORING_HINTS[kind],
  );
}
