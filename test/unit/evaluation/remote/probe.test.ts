import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { UserError } from '../../../../src/base/errors.ts';
import { type Need, probeEndpoint } from '../../../../src/evaluation/remote/probe.ts';
import type { Reference } from './questions.ts';
import { type Asked, type Exchange, golden, json, nowhere, QUICK, replay, serve } from './servers.ts';

const vllm = await golden<Reference>('vllm');
const adapters = await golden<{ exchanges: Exchange[] }>('adapters');
const llama = await golden<{ exchanges: Exchange[] }>('llama');
const { signal } = new AbortController();

const MODELS = { data: [{ id: 'one', owned_by: 'me' }, { id: 'two' }] };
const ECHOED = { token_logprobs: [null, -1, -2], top_logprobs: [null, { a: -1 }, { b: -2 }] };

type Body = Readonly<Record<string, unknown>>;

/** A server with two models whose completions are made by a function of the request. */
async function serveModels(
  complete: (body: Body, response: ServerResponse) => void,
): Promise<{ url: string; asked: Asked[] }> {
  return serve(({ method, body }, response) => {
    if (method === 'GET') json(response, MODELS);
    else complete(body as Body, response);
  });
}

function refuse(response: ServerResponse, status = 400): void {
  json(response, { error: { message: 'unsupported' } }, status);
}

async function probe(url: string, model = 'one', need?: Need): ReturnType<typeof probeEndpoint> {
  return probeEndpoint({ url, model, patience: QUICK }, signal, need);
}

function says(message: RegExp, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}

describe('probeEndpoint', () => {
  it('knows a vLLM', async () => {
    const { url } = await replay(vllm.exchanges);
    assert.deepEqual(await probe(url, 'storyteller-v2'), {
      server: 'vLLM',
      models: ['storyteller-v2'],
      maxLength: 256,
      echo: true,
      tokenPrompts: true,
      scoring: 'echo',
    });
  });

  it('scores by forced tokens where a vLLM has adapters, and never tries echo there', async () => {
    const { url, asked } = await replay(adapters.exchanges);
    assert.deepEqual(await probe(url, 'kind'), {
      server: 'vLLM',
      models: ['storyteller-v2', 'kind'],
      maxLength: 256,
      echo: false,
      tokenPrompts: true,
      scoring: 'forced tokens',
    });
    for (const { body } of asked) assert.ok(body === null || !('echo' in (body as Body)));
  });

  it('knows a llama-server, which ignores echo', async () => {
    const { url } = await replay(llama.exchanges);
    assert.deepEqual(await probe(url, 'v2.gguf'), {
      server: 'llama.cpp',
      models: ['v2.gguf'],
      maxLength: 256,
      echo: false,
      tokenPrompts: true,
      scoring: 'forced tokens',
    });
  });

  it('takes the aliases of a model for its names', async () => {
    const { url } = await serve(({ method }, response) => {
      if (method === 'GET') json(response, { data: [{ id: 'file.gguf', aliases: ['short'] }] });
      else json(response, { choices: [{ index: 0, logprobs: ECHOED }] });
    });
    assert.equal((await probe(url, 'short')).scoring, 'echo');
  });

  it('falls back to prompt_logprobs, and to text', async () => {
    const positions = [null, { 2: { logprob: -1 } }];
    const direct = await serveModels((body, response) => {
      if ('echo' in body) refuse(response);
      else
        json(response, { choices: [{ index: 0, ...('prompt_logprobs' in body && { prompt_logprobs: positions }) }] });
    });
    const { scoring, tokenPrompts } = await probe(direct.url);
    assert.deepEqual([scoring, tokenPrompts], ['prompt_logprobs', true]);
    const text = await serveModels((body, response) => {
      if (Array.isArray(body.prompt)) refuse(response, 422);
      else json(response, { choices: [{ index: 0, logprobs: ECHOED }] });
    });
    const facts = await probe(text.url);
    assert.deepEqual([facts.scoring, facts.tokenPrompts, facts.echo], ['echo', false, true]);
  });

  it('does not believe a server that takes ids for something else', async () => {
    const { url } = await serveModels((_, response) =>
      json(response, { choices: [{ index: 0, text: '' }], usage: { prompt_tokens: 7 } }),
    );
    assert.equal((await probe(url, 'one', 'texts')).tokenPrompts, false);
  });

  for (const [what, logprobs] of [
    ['of the new token alone', { token_logprobs: [-1], top_logprobs: [{ a: -1 }] }],
    ['without alternatives', { token_logprobs: [null, -1, -2], top_logprobs: null }],
    ['of nothing', { token_logprobs: [null, null, -2], top_logprobs: [null, { a: -1 }, { b: -2 }] }],
  ] as const)
    it(`does not take log-probabilities ${what} for those of a prompt`, async () => {
      const { url } = await serveModels((_, response) => json(response, { choices: [{ index: 0, logprobs }] }));
      const { echo, scoring } = await probe(url, 'one', 'texts');
      assert.deepEqual([echo, scoring], [false, undefined]);
    });

  it('does not believe log-probabilities from after the bias', async () => {
    const { url } = await serveModels((body, response) => {
      const token = Object.keys(body.logit_bias ?? {})[0] ?? '1';
      const content = [{ id: Number(token), logprob: -0.0001, top_logprobs: [{ logprob: -0.0001 }] }];
      json(response, { choices: [{ index: 0, logprobs: { content } }] });
    });
    await assert.rejects(probe(url), says(/tells no log-probabilities of a prompt/, /Serve the model with vLLM/));
  });

  it('says what to do where nothing tells log-probabilities, unless only texts are needed', async () => {
    const complete = (body: Body, response: ServerResponse): void => {
      if ('logprobs' in body) refuse(response, 500);
      else json(response, { choices: [{ index: 0, text: 'x' }] });
    };
    const { url, asked } = await serveModels(complete);
    await assert.rejects(probe(url), says(/tells no log-probabilities of a prompt/, /llama-server/));
    assert.ok(asked.length < 10, 'it does not ask again and again');
    const facts = await probe(url, 'one', 'texts');
    assert.deepEqual([facts.scoring, facts.tokenPrompts, facts.server], [undefined, true, 'other']);
  });

  it('lists the models where the one that was named is not among them', async () => {
    const { url } = await serveModels((_, response) => refuse(response));
    await assert.rejects(probe(url, 'three'), says(/no model called "three"\. It has these: one, two\./, /names/));
  });

  it('explains a wrong path, a missing key, and a page that is no such server', async () => {
    const path = await serve((_, response) => json(response, { detail: 'Not Found' }, 404));
    await assert.rejects(
      probe(path.url),
      says(/does not know http.*\/v1\/models \(404\)\. It says: Not Found/, /\/v1/),
    );
    const key = await serve((_, response) => json(response, { error: 'Unauthorized' }, 401));
    await assert.rejects(probe(key.url), says(/asks for a key \(401\)/, /--api-key/));
    const guarded = await serveModels((_, response) => refuse(response, 403));
    await assert.rejects(probe(guarded.url), says(/asks for a key \(403\)/, /--api-key/));
    const page = await serve((_, response) => {
      response.end('<html>Hello</html>');
    });
    await assert.rejects(probe(page.url), says(/is not JSON/, /OpenAI-compatible/));
    const other = await serve((_, response) => json(response, { models: [] }));
    await assert.rejects(
      probe(other.url),
      says(/is not what OpenAI-compatible servers answer: data is missing/, /OpenAI-compatible/),
    );
  });

  it('explains a server that is not there', async () => {
    await assert.rejects(probe(await nowhere()), says(/127\.0\.0\.1:\d+ cannot be used: nothing listens/, /Start/));
  });
});
