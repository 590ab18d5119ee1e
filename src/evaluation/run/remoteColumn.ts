import { InputError } from '../../base/errors.ts';
import { answerRemotely } from '../remote/answer.ts';
import { loadAdapter } from '../remote/adapters.ts';
import type { Endpoint } from '../remote/endpoint.ts';
import { probeEndpoint, type EndpointFacts, type Need } from '../remote/probe.ts';
import type { ColumnRequest, EndpointRequest, EvaluateRequest } from '../request.ts';
import { QuestionCollector } from '../scoring/questionCollector.ts';
import type { Scorer } from '../scoring/scorer.ts';
import { encodePair, encodeText, prefixToken } from '../tokenizer/encode.ts';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Answer } from '../types.ts';
import type { PlannedColumn } from './column.ts';
import { identityOf } from './identity.ts';
import { keepServer, recallServer } from './knownServer.ts';

const DEFAULT_LENGTH = 2048;

/**
 * A column that a server computes. Patches cannot be added to what is served; an adapter can be loaded by vLLM.
 *
 * @param need `nothing`: the server is not asked, what it had answered is counted
 * @throws InputError, UserError as `probeEndpoint` does
 */
export async function remoteColumn(
  request: EvaluateRequest,
  column: ColumnRequest,
  server: EndpointRequest,
  need: Need | 'nothing',
  signal: AbortSignal,
): Promise<PlannedColumn> {
  if (column.patches.length > 0)
    throw new InputError(
      'A patch cannot be added to a model that a server runs.',
      'Port it to an adapter, and let vLLM load that with --load-adapter.',
    );
  const tokenizer = await openTokenizer(server.tokenizer);
  const asked = [withoutSecrets(server.url), column.model, server.loadAdapter];
  const known =
    need === 'nothing' ? { probed: await recallServer(request.out, asked) } : await ask(column, server, need, signal);
  const { probed } = known;
  if ('endpoint' in known) await keepServer(request.out, asked, probed);
  const maxLength = probed.maxLength ?? tokenizer.maxLength ?? DEFAULT_LENGTH;
  const facts = {
    ...{ label: column.label, role: column.role ?? null, model: column.model, modelName: column.model },
    ...{ architecture: probed.server, parameters: 0, dtype: 'as served', modelSha256: null, device: probed.server },
    ...{ patches: [], exported: false, control: null, bos: request.bos, maxLength, warnings: [] },
    tokenizerSha256: tokenizer.sha256,
    specialTokens: { bos: tokenizer.bos?.text ?? null, eos: tokenizer.eos?.text ?? null },
    endpoint: withoutSecrets(server.url),
  };
  const scorer = (): Scorer => {
    if (!('endpoint' in known)) throw new Error('the server is not to be asked');
    return remoteScorer(known.endpoint, {
      tokens: promptTokens(tokenizer, request),
      maxLength,
      sendTokens: known.probed.tokenPrompts,
      ...(known.probed.scoring === undefined ? {} : { scoring: known.probed.scoring }),
      ...(tokenizer.eos === undefined ? {} : { endOfSequence: tokenizer.eos.text }),
    });
  };
  return {
    facts,
    tokenizer,
    identity: identityOf(
      [facts.endpoint, column.model, server.loadAdapter, probed.server],
      [request.bos, maxLength, tokenizer.filesSha256],
    ),
    assertFits: () => undefined,
    open: () => Promise.resolve({ scorer: scorer(), memory: 'on the server', memoryBytes: 0 }),
  };
}

async function ask(
  column: ColumnRequest,
  server: EndpointRequest,
  need: Need,
  signal: AbortSignal,
): Promise<{ endpoint: Endpoint; probed: EndpointFacts }> {
  const endpoint: Endpoint = { url: server.url, model: column.model, ...keyOf(server) };
  if (server.loadAdapter !== undefined) await loadAdapter(endpoint, column.model, server.loadAdapter, signal);
  return { endpoint, probed: await probeEndpoint(endpoint, signal, need) };
}

function remoteScorer(endpoint: Endpoint, options: Parameters<typeof answerRemotely>[2]): Scorer {
  return {
    async answer(questions, onAnswered, signal) {
      const owners = questions.flatMap(({ requests }, question) => requests.map((_, place) => ({ question, place })));
      const collector = new QuestionCollector(questions, onAnswered);
      const requests = questions.flatMap((question) => question.requests);
      const onAnswer = (index: number, answer: Answer): void => {
        const { question, place } = owners[index] ?? { question: 0, place: 0 };
        collector.add(question, place, answer);
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

/** @throws InputError if the variable is empty; what may be the key itself, given by mistake, is not said again */
function keyOf({ keyVariable }: EndpointRequest): { readonly key?: string } {
  if (keyVariable === undefined) return {};
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(keyVariable))
    throw new InputError('--key-variable takes the name of an environment variable that holds the key.');
  const key = process.env[keyVariable];
  if (key === undefined || key === '') throw new InputError(`The environment variable ${keyVariable} holds no key.`);
  return { key };
}

function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
