/** What a server had answered is counted without asking it again, and its key is nowhere on the disk. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CancelledError, InputError } from '../../../../src/base/errors.ts';
import { evaluate, type EvaluateTools } from '../../../../src/evaluation/run/evaluate.ts';
import type { EvaluateRequest } from '../../../../src/evaluation/request.ts';
import { ortGraphs } from '../../../../src/kernels/runtime/ortGraphs.ts';
import { OrtKernel } from '../../../../src/kernels/runtime/ortKernel.ts';
import { SAMPLES, temporaryFolder } from '../../../support/paths.ts';
import { json, serve } from '../remote/servers.ts';

const LIMIT = 12;
/** Half as long as progress is told of. */
const ANSWER_MS = 40;
const KEY = 'sk-very-secret-0123456789';
const VARIABLE = 'PORTLLM_TEST_KEY';

/** A vLLM to whom every token is as likely as another. */
function vllm(): ReturnType<typeof serve> {
  return serve(({ method, body }, response) => {
    if (method === 'GET') return json(response, { data: [{ id: 'served', owned_by: 'vllm', max_model_len: 512 }] });
    const prompts = (body as { prompt: number[][] }).prompt;
    const choices = prompts.map((prompt, index) => ({
      index,
      text: '',
      logprobs: {
        tokens: prompt.map(String),
        token_logprobs: prompt.map((_, i) => (i === 0 ? null : -1 - index / 8)),
        top_logprobs: prompt.map((token, i) => (i === 0 ? null : { [String(token)]: -1 })),
      },
    }));
    // One token more than was asked about, as max_tokens has it.
    for (const { logprobs } of choices) {
      logprobs.tokens.push('x');
      logprobs.token_logprobs.push(-2);
      logprobs.top_logprobs.push({ x: -2 });
    }
    // So that there is something left to be asked when it is stopped.
    setTimeout(() => json(response, { choices, usage: { prompt_tokens: prompts[0]?.length ?? 0 } }), ANSWER_MS);
  });
}

describe('a stopped evaluation on a server', () => {
  it('is counted without asking the server', async () => {
    await using folder = await temporaryFolder();
    process.env[VARIABLE] = KEY;
    const { url, asked } = await vllm();
    const endpoint = { url, keyVariable: VARIABLE, tokenizer: join(SAMPLES, 'models/storyteller-v2') };
    const request: EvaluateRequest = {
      columns: [{ label: 'x', model: 'served', patches: [], endpoint }],
      tasks: [join(SAMPLES, 'tasks/kind.test.jsonl')],
      limit: LIMIT,
      bos: 'auto',
      bootstrapIterations: 0,
      seed: 1234,
      out: join(folder.path, 'out'),
    };
    await using kernel = await OrtKernel.create('cpu').then((made) => ({
      made,
      [Symbol.asyncDispose]: () => made.release(),
    }));
    const run = (tools: Partial<EvaluateTools>, asks = request): ReturnType<typeof evaluate> =>
      evaluate(asks, {
        runtime: ortGraphs('cpu'),
        kernel: kernel.made,
        toolVersion: '0',
        onlyKnown: false,
        sink: () => undefined,
        signal: new AbortController().signal,
        ...tools,
      });
    await assert.rejects(run({ onlyKnown: true }), /Nothing was answered yet/);
    assert.equal(asked.length, 0, 'nothing was known, and nothing is asked');
    const controller = new AbortController();
    const stopping = run({
      signal: controller.signal,
      sink: ({ bytesDone }) => {
        if (bytesDone >= LIMIT / 3) controller.abort();
      },
    });
    await assert.rejects(stopping, CancelledError);
    const before = asked.length;
    assert.ok(asked.every(({ headers }) => headers.authorization === `Bearer ${KEY}`));
    const known = await run({ onlyKnown: true });
    assert.ok(known.items.answered >= LIMIT / 3 && known.items.answered < LIMIT, String(known.items.answered));
    assert.equal(asked.length, before, 'the server is not asked again');
    await run({});
    const names = await readdir(request.out, { recursive: true, withFileTypes: true });
    for (const file of names.filter((entry) => entry.isFile()))
      assert.ok(!(await readFile(join(file.parentPath, file.name), 'utf8')).includes(KEY), file.name);
    const mistaken = { ...endpoint, keyVariable: KEY };
    const columns = [{ label: 'x', model: 'served', patches: [], endpoint: mistaken }];
    await assert.rejects(
      run({}, { ...request, columns }),
      (error) =>
        error instanceof InputError &&
        !error.message.includes(KEY) &&
        error.message.includes('name of an environment variable'),
    );
  });
});
