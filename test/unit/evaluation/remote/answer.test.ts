import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledError, UserError } from '../../../../src/base/errors.ts';
import { answerRemotely, type RemoteOptions } from '../../../../src/evaluation/remote/answer.ts';
import type { Endpoint } from '../../../../src/evaluation/remote/endpoint.ts';
import type { Request } from '../../../../src/evaluation/types.ts';
import {
  CHARACTERS,
  collected,
  generationRequests,
  pairRequests,
  type Reference,
  textRequests,
  tokensOf,
} from './questions.ts';
import { type Exchange, golden, json, QUICK, replay, serve } from './servers.ts';

const reference = await golden<Reference>('vllm');
const llama = await golden<{ exchanges: Exchange[] }>('llama');
const { signal } = new AbortController();

const OPTIONS: RemoteOptions = {
  tokens: tokensOf(reference),
  maxLength: reference.questions.maxLength,
  sendTokens: true,
  endOfSequence: '</s>',
};
const SIMPLE: RemoteOptions = { tokens: CHARACTERS, maxLength: 100, sendTokens: true };

function endpointAt(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return { url, model: 'storyteller-v2', batch: 3, concurrency: 1, patience: QUICK, ...more };
}

function questions(count: number): Request[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'loglikelihood',
    context: 'ab'.repeat(count - i),
    continuation: 'c',
  }));
}

/** As vLLM answers a prompt of token ids: the i-th token has log-probability −i. */
function echoOf(prompt: readonly (readonly number[])[]): unknown {
  const choices = prompt.map((tokens, index) => ({
    index,
    text: '',
    logprobs: {
      token_logprobs: [null, ...tokens.map((_, i) => -i - 1)],
      top_logprobs: [null, ...tokens.map((_, i) => ({ a: -i - 1, b: -100 }))],
    },
  }));
  return { choices: choices.reverse() };
}

describe('log-likelihoods from vLLM', () => {
  it("are lm-eval's to the bit, from the very same requests in the same order", async () => {
    const { url, asked } = await replay(reference.exchanges);
    const { answers, onAnswer } = collected();
    await answerRemotely(endpointAt(url), pairRequests(reference), OPTIONS, onAnswer, signal);
    const expected = reference.answers.loglikelihood.map(([logProbability, greedy], i) => {
      const [context = [], continuation = []] = reference.questions.pairs[i]?.tokens ?? [];
      const truncated = Math.max(0, context.length + continuation.length - (reference.questions.maxLength - 1));
      return { kind: 'loglikelihood', logProbability, greedy, tokens: continuation.length, truncated };
    });
    assert.deepEqual(answers, expected);
    assert.ok(expected.some(({ greedy }) => greedy) && expected.some(({ truncated }) => truncated > 0));
    const bodies = reference.exchanges.slice(0, 3).map(({ body }) => body);
    assert.deepEqual(
      asked.map(({ body }) => body),
      bodies,
    );
  });

  it('sum the windows of a text as lm-eval does', async () => {
    const { url } = await replay(reference.exchanges);
    const { answers, onAnswer } = collected();
    const requests = textRequests(reference);
    for (const [i, request] of requests.entries())
      await answerRemotely(endpointAt(url), [request], OPTIONS, (_, answer) => onAnswer(i, answer), signal);
    const expected = reference.answers.loglikelihood_rolling.map((logProbability, i) => ({
      kind: 'loglikelihood_rolling',
      logProbability,
      tokens: reference.questions.texts[i]?.tokens.length,
    }));
    assert.deepEqual(answers, expected);
  });

  it('are the same from prompt_logprobs', async () => {
    const { url } = await replay(reference.exchanges);
    const { answers, onAnswer } = collected();
    const requests = [0, 5].flatMap((i) => pairRequests(reference)[i] ?? []);
    const options: RemoteOptions = { ...OPTIONS, scoring: 'prompt_logprobs' };
    await answerRemotely(endpointAt(url, { batch: 1 }), requests, options, onAnswer, signal);
    const expected = [0, 5].map((i) => reference.answers.loglikelihood[i]);
    assert.deepEqual(
      answers.map((answer) => answer.kind === 'loglikelihood' && [answer.logProbability, answer.greedy]),
      expected,
    );
  });
});

describe('log-likelihoods from llama-server', () => {
  it("are vLLM's but for attention in half precision, by forcing one token after the other", async () => {
    const { url, asked } = await replay(llama.exchanges);
    const { answers, onAnswer } = collected();
    const endpoint = endpointAt(url, { model: 'v2.gguf' });
    const requests = pairRequests(reference).slice(0, 4);
    await answerRemotely(endpoint, requests, { ...OPTIONS, scoring: 'forced tokens' }, onAnswer, signal);
    for (const [i, answer] of answers.entries()) {
      const [logProbability = NaN, greedy] = reference.answers.loglikelihood[i] ?? [];
      assert.ok(answer.kind === 'loglikelihood');
      assert.ok(Math.abs(answer.logProbability - logProbability) < 0.02, `${answer.logProbability} ${logProbability}`);
      assert.equal(answer.greedy, greedy);
    }
    assert.equal(answers.length, 4);
    assert.equal(
      asked.length,
      answers.reduce((sum, { tokens }) => sum + tokens, 0),
    );
  });

  it('are refused where the server took another token', async () => {
    const { url } = await serve((_, response) =>
      json(response, { choices: [{ index: 0, logprobs: { content: [{ id: 5, logprob: -1, top_logprobs: [] }] } }] }),
    );
    const options: RemoteOptions = { ...SIMPLE, scoring: 'forced tokens' };
    await assert.rejects(
      answerRemotely(endpointAt(url), questions(1), options, () => undefined, signal),
      /did not take the token that it was asked about/,
    );
  });
});

describe('generated texts', () => {
  it("are lm-eval's, from the same requests", async () => {
    const { url, asked } = await replay(reference.exchanges);
    const { answers, onAnswer } = collected();
    await answerRemotely(endpointAt(url), generationRequests(reference), OPTIONS, onAnswer, signal);
    const expected = reference.answers.generate_until.map((text, i) => {
      const { tokens = [], max_gen_toks: maxTokens = 0 } = reference.questions.generations[i] ?? {};
      const truncated = Math.max(0, tokens.length - (reference.questions.maxLength - 1 - maxTokens));
      return { text, truncated };
    });
    assert.deepEqual(
      answers.map((answer) => answer.kind === 'generate_until' && { text: answer.text, truncated: answer.truncated }),
      expected,
    );
    assert.deepEqual(asked.map(({ body }) => (body as { stop: unknown }).stop).sort(), [
      ['\n', '.', '</s>'],
      [',', '</s>'],
    ]);
  });

  it('are cut at stop texts beyond the four that a server is sent', async () => {
    const { url, asked } = await serve((_, response) =>
      json(response, { choices: [{ index: 0, text: 'one five two' }], usage: { completion_tokens: 3 } }),
    );
    const { answers, onAnswer } = collected();
    const generation = { until: ['1', '2', '', '3', '4', ' five'], maxTokens: 10 };
    const requests: Request[] = [{ kind: 'generate_until', context: 'abc', generation }];
    await answerRemotely(endpointAt(url), requests, SIMPLE, onAnswer, signal);
    assert.deepEqual(answers, [{ kind: 'generate_until', text: 'one', tokens: 3, truncated: 0 }]);
    assert.deepEqual((asked[0]?.body as { stop: unknown }).stop, ['1', '2', '3', '4']);
  });

  it('are asked for as text where the server takes no token ids', async () => {
    const { url, asked } = await serve((_, response) => json(response, { choices: [{ index: 0, text: 'xy' }] }));
    const { answers, onAnswer } = collected();
    const requests: Request[] = [{ kind: 'generate_until', context: 'abc', generation: { until: [], maxTokens: 10 } }];
    await answerRemotely(endpointAt(url), requests, { ...SIMPLE, sendTokens: false }, onAnswer, signal);
    assert.deepEqual(answers, [{ kind: 'generate_until', text: 'xy', tokens: 2, truncated: 0 }]);
    assert.equal((asked[0]?.body as { prompt: unknown }).prompt, 'abc');
  });
});

describe('answerRemotely', () => {
  it('puts answers that come out of order where they belong', async () => {
    const { url, asked } = await serve(({ body }, response) =>
      json(response, echoOf((body as { prompt: number[][] }).prompt)),
    );
    const { answers, onAnswer } = collected();
    await answerRemotely(endpointAt(url, { batch: 4 }), questions(10), SIMPLE, onAnswer, signal);
    assert.deepEqual(
      answers.map((answer) => answer.kind === 'loglikelihood' && answer.logProbability),
      Array.from({ length: 10 }, (_, i) => -2 * (10 - i)),
    );
    assert.equal(asked.length, 3);
  });

  it('keeps to the number of requests at once', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    const { url } = await serve(({ body }, response) => {
      open.push(() => json(response, echoOf((body as { prompt: number[][] }).prompt)));
      most = Math.max(most, open.length);
      if (open.length === 3)
        setTimeout(() => {
          for (const answer of open.splice(0)) answer();
        }, 20);
    });
    await answerRemotely(endpointAt(url, { concurrency: 3, batch: 1 }), questions(12), SIMPLE, () => undefined, signal);
    assert.equal(most, 3);
  });

  it('answers a text without tokens without asking', async () => {
    const { url, asked } = await serve((_, response) => json(response, {}));
    const { answers, onAnswer } = collected();
    await answerRemotely(endpointAt(url), [{ kind: 'loglikelihood_rolling', text: '' }], SIMPLE, onAnswer, signal);
    assert.deepEqual(answers, [{ kind: 'loglikelihood_rolling', logProbability: 0, tokens: 0 }]);
    assert.equal(asked.length, 0);
  });

  it('understands a server that leaves out the new token', async () => {
    const { url } = await serve((_, response) => {
      const logprobs = { token_logprobs: [null, -1, -2], top_logprobs: [null, { a: -1 }, { a: -2, b: -1 }] };
      json(response, { choices: [{ index: 0, text: '', logprobs }] });
    });
    const { answers, onAnswer } = collected();
    const requests: Request[] = [{ kind: 'loglikelihood', context: 'a', continuation: 'bc' }];
    await answerRemotely(endpointAt(url), requests, SIMPLE, onAnswer, signal);
    assert.deepEqual(answers, [{ kind: 'loglikelihood', logProbability: -3, greedy: false, tokens: 2, truncated: 0 }]);
  });

  for (const [what, logprobs, message] of [
    ['no log-probabilities of the prompt', { content: [{ logprob: -1, top_logprobs: [] }] }, /tells no log-prob/],
    ['no logprobs at all', null, /tells no log-probabilities/],
    ['other tokens', { token_logprobs: [null, -1, -1, -1, -1, -1], top_logprobs: [] }, /counts 6 tokens where 3/],
    ['a hole', { token_logprobs: [null, null, -1, -1], top_logprobs: [null, null, null, null] }, /left out/],
    ['no alternatives', { token_logprobs: [null, -1, -1, -1] }, /left out log-probabilities/],
    [
      'text among the alternatives',
      { token_logprobs: [null, -1, -1, -1], top_logprobs: [null, { a: '-1' }, { a: '-1' }, null] },
      /table of log-probabilities/,
    ],
    ['text for numbers', { token_logprobs: ['x'] }, /not what OpenAI-compatible servers answer: choices\.0\.logprobs/],
  ] as const)
    it(`refuses an answer with ${what}`, async () => {
      const { url } = await serve((_, response) => json(response, { choices: [{ index: 0, text: '', logprobs }] }));
      const requests: Request[] = [{ kind: 'loglikelihood', context: 'a', continuation: 'bc' }];
      await assert.rejects(
        answerRemotely(endpointAt(url), requests, SIMPLE, () => undefined, signal),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });

  it('refuses an answer to fewer prompts than were asked', async () => {
    const { url } = await serve((_, response) => json(response, echoOf([[1, 2, 3]])));
    await assert.rejects(
      answerRemotely(endpointAt(url), questions(2), SIMPLE, () => undefined, signal),
      /answered 1 of 2 prompts/,
    );
  });

  it('refuses a continuation that leaves no room, and a text that can only be cut as tokens', async () => {
    const long: Request[] = [{ kind: 'loglikelihood', context: 'a', continuation: 'b'.repeat(99) }];
    const ask = (requests: Request[], options: RemoteOptions): Promise<void> =>
      answerRemotely(endpointAt('http://127.0.0.1:1'), requests, options, () => undefined, signal);
    await assert.rejects(ask(long, SIMPLE), /A continuation of 99 tokens leaves no room .* takes 100/);
    const cut: Request[] = [{ kind: 'loglikelihood', context: 'a'.repeat(99), continuation: 'b' }];
    await assert.rejects(ask(cut, { ...SIMPLE, sendTokens: false }), /can only be cut if it is sent as token ids/);
    const text: Request[] = [{ kind: 'loglikelihood_rolling', text: 'a'.repeat(99) }];
    await assert.rejects(ask(text, { ...SIMPLE, sendTokens: false }), /windows can only be sent as token ids/);
    const none = { ...SIMPLE, tokens: { ...CHARACTERS, prefixToken: undefined } };
    await assert.rejects(ask(text, none), /neither a BOS nor an EOS/);
    const generation: Request[] = [{ kind: 'generate_until', context: 'a', generation: { until: [], maxTokens: 99 } }];
    await assert.rejects(ask(generation, SIMPLE), /A generation of 99 tokens leaves no room/);
  });

  it('ends all requests at the first failure, and answers nothing after it', async () => {
    const held: (() => void)[] = [];
    const { url, asked } = await serve(({ body }, response, number) => {
      if (number === 2) json(response, { error: { message: 'prompt too long' } }, 400);
      else held.push(() => json(response, echoOf((body as { prompt: number[][] }).prompt)));
    });
    const answered: number[] = [];
    const endpoint = endpointAt(url, { concurrency: 2, batch: 1 });
    await assert.rejects(
      answerRemotely(endpoint, questions(9), SIMPLE, (index) => answered.push(index), signal),
      /status 400\. It says: prompt too long/,
    );
    assert.equal(asked.length, 2);
    for (const answer of held) answer();
    await delay(30);
    assert.deepEqual(answered, []);
  });

  it('can be cancelled', async () => {
    const { url } = await serve(() => undefined);
    const controller = new AbortController();
    const answering = answerRemotely(endpointAt(url), questions(5), SIMPLE, () => undefined, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(answering, CancelledError);
  });
});
