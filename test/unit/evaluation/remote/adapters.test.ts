import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../../../src/base/errors.ts';
import { loadAdapter } from '../../../../src/evaluation/remote/adapters.ts';
import type { Endpoint } from '../../../../src/evaluation/remote/endpoint.ts';
import { type Exchange, golden, json, QUICK, replay, serve } from './servers.ts';

const recorded = await golden<{ exchanges: Exchange[] }>('adapters');
const llama = await golden<{ exchanges: Exchange[] }>('llama');
const { signal } = new AbortController();
const PATCH = 'samples/patches/kind';

function endpointAt(url: string): Endpoint {
  return { url, model: 'storyteller-v2', patience: QUICK };
}

function says(message: RegExp, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}

describe('adapters of a running vLLM', () => {
  it('are loaded under their names, and left as they are where they are loaded', async () => {
    const { url } = await replay(recorded.exchanges);
    await loadAdapter(endpointAt(url), 'kind', PATCH, signal);
    await loadAdapter(endpointAt(url), 'kind', PATCH, signal);
  });

  it('are explained where they cannot be', async () => {
    const { url } = await replay(recorded.exchanges);
    const missing = loadAdapter(endpointAt(url), 'kind', 'nowhere', signal);
    await assert.rejects(missing, says(/did not load the adapter "kind": .*No adapter found/, /machine of the server/));
    const [, , refused, models] = recorded.exchanges;
    const taken = await serve(({ method }, response) => {
      const answer = method === 'GET' ? models : refused;
      json(response, JSON.parse(answer?.text ?? ''), answer?.status ?? 0);
    });
    const other = loadAdapter(endpointAt(taken.url), 'kind', 'samples/patches/mood', signal);
    await assert.rejects(other, says(/already been loaded/, /Another adapter has this name/));
  });

  it('need a server that takes them while it runs', async () => {
    const off = says(/does not take adapters while it runs/, /VLLM_ALLOW_RUNTIME_LORA_UPDATING=True/);
    const without = await serve((_, response) => json(response, { detail: 'Not Found' }, 404));
    await assert.rejects(loadAdapter(endpointAt(without.url), 'kind', PATCH, signal), off);
    const other = await replay(llama.exchanges);
    await assert.rejects(loadAdapter(endpointAt(other.url), 'kind', PATCH, signal), off);
  });

  it('need --enable-lora and a rank that is allowed', async () => {
    for (const [words, hint] of [
      ['LoRA is not enabled. Use --enable-lora to enable LoRA.', /--enable-lora/],
      ['LoRA rank 32 is greater than max_lora_rank 16.', /--max-lora-rank/],
      ['out of memory', /^$/],
    ] as const) {
      const { url, asked } = await serve((_, response) => json(response, { error: { message: words } }, 500));
      const loading = loadAdapter(endpointAt(url), 'kind', PATCH, signal);
      await assert.rejects(loading, says(new RegExp(words.slice(0, 10)), hint));
      assert.equal(asked.length, 1, 'it is not tried again');
    }
  });

  it('need the key', async () => {
    const { url } = await serve((_, response) => json(response, { error: 'Unauthorized' }, 401));
    await assert.rejects(loadAdapter(endpointAt(url), 'kind', PATCH, signal), says(/asks for a key/, /--api-key/));
  });
});
