import { InputError } from '../../base/errors.ts';
import { answerRemotely } from '../remote/answer.ts';
import { loadAdapter } from '../remote/adapters.ts';
import type { Endpoint } from '../remote/endpoint.ts';
import { probeEndpoint } from '../remote/probe.ts';
import type { ColumnRequest, EndpointRequest, EvaluateRequest } from '../request.ts';
import type { Scorer } from '../scoring/scorer.ts';
import { encodePair, encodeText, prefixToken } from '../tokenizer/encode.ts';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Answer } from '../types.ts';
import type { OpenedColumn } from './openColumn.ts';

const DEFAULT_LENGTH = 2048;

/**
 * A column that a server computes. Patches cannot be added to what is served; an adapter can be loaded by vLLM.
 *
 * @throws InputError, UserError as `probeEndpoint` does
 */
export async function remoteColumn(
  request: EvaluateRequest,
  column: ColumnRequest,
  server: EndpointRequest,
  signal: AbortSignal,
): Promise<OpenedColumn> {
  if (column.patches.length > 0)
    throw new InputError(
      'A patch cannot be added to a model that a server runs.',
      'Port it to an adapter, and let vLLM load that with --load-adapter.',
    );
  const endpoint: Endpoint = { url: server.url, model: column.model, ...keyOf(server) };
  if (server.loadAdapter !== undefined) await loadAdapter(endpoint, column.model, server.loadAdapter, signal);
  const tokenizer = await openTokenizer(server.tokenizer);
  const facts = await probeEndpoint(endpoint, signal);
  const maxLength = facts.maxLength ?? tokenizer.maxLength ?? DEFAULT_LENGTH;
  const options = {
    tokens: promptTokens(tokenizer, request),
    maxLength,
    sendTokens: facts.tokenPrompts,
    ...(facts.scoring === undefined ? {} : { scoring: facts.scoring }),
    ...(tokenizer.eos === undefined ? {} : { endOfSequence: tokenizer.eos.text }),
  };
  return {
    facts: {
      label: column.label,
      role: column.role ?? null,
      model: column.model,
      modelName: column.model,
      architecture: facts.server,
      parameters: 0,
      dtype: 'as served',
      modelSha256: null,
      patches: [],
      exported: false,
      control: null,
      device: facts.server,
      memory: 'on the server',
      bos: request.bos,
      maxLength,
      tokenizerSha256: tokenizer.sha256,
      specialTokens: { bos: tokenizer.bos?.text ?? null, eos: tokenizer.eos?.text ?? null },
      endpoint: withoutSecrets(server.url),
      warnings: [],
    },
    tokenizer,
    scorer: () => Promise.resolve(remoteScorer(endpoint, options)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function remoteScorer(endpoint: Endpoint, options: Parameters<typeof answerRemotely>[2]): Scorer {
  return {
    async answer(questions, onAnswered, signal) {
      const owners = questions.flatMap(({ requests }, question) => requests.map((_, place) => ({ question, place })));
      const answers = questions.map(({ requests }) => requests.map((): Answer | undefined => undefined));
      const requests = questions.flatMap((question) => question.requests);
      const onAnswer = (index: number, answer: Answer): void => {
        const { question, place } = owners[index] ?? { question: 0, place: 0 };
        const own = answers[question] ?? [];
        own[place] = answer;
        const known = own.flatMap((one) => one ?? []);
        if (known.length === own.length) onAnswered(question, known);
      };
      await answerRemotely(endpoint, requests, options, onAnswer, signal);
    },
  };
}

function promptTokens(tokenizer: Tokenizer, { bos }: EvaluateRequest): Parameters<typeof answerRemotely>[2]['tokens'] {
  return {
    encodePair: (context, continuation) => encodePair(tokenizer, context, continuation, bos),
    encode: (text) => encodeText(tokenizer, text, bos),
    prefixToken: prefixToken(tokenizer),
  };
}

/** @throws InputError if the variable is empty */
function keyOf({ keyVariable }: EndpointRequest): { readonly key?: string } {
  if (keyVariable === undefined) return {};
  const key = process.env[keyVariable];
  if (key === undefined || key === '') throw new InputError(`The environment variable ${keyVariable} holds no key.`);
  return { key };
}

function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
