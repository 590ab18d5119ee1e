import * as z from 'zod';

/** Values only: zod's record would drop a token called __proto__. */
const NUMBERS = z.custom<Readonly<Record<string, number>>>(
  (value) => isTable(value) && Object.values(value).every((entry) => typeof entry === 'number'),
  'it is not a table of log-probabilities',
);

/** vLLM's extra: token id → log-probability, with rank and text beside it. */
const BY_TOKEN_ID = z.custom<Readonly<Record<string, { readonly logprob: number }>>>(
  (value) =>
    isTable(value) && Object.values(value).every((entry) => isTable(entry) && typeof entry.logprob === 'number'),
  'it is not a table of tokens',
);

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The lists are those of OpenAI's completions; `content` is that of its chat, with ids, which llama-server sends. */
const LOGPROBS = z.looseObject({
  tokens: z.array(z.string()).nullish(),
  token_logprobs: z.array(z.number().nullable()).nullish(),
  top_logprobs: z.array(NUMBERS.nullable()).nullish(),
  content: z
    .array(
      z.looseObject({
        id: z.int().nullish(),
        logprob: z.number(),
        top_logprobs: z.array(z.looseObject({ logprob: z.number() })),
      }),
    )
    .nullish(),
});

const CHOICE = z.looseObject({
  index: z.int().nonnegative(),
  text: z.string().nullish(),
  logprobs: LOGPROBS.nullish(),
  prompt_logprobs: z.array(BY_TOKEN_ID.nullable()).nullish(),
});
export type Choice = z.output<typeof CHOICE>;

/** POST /v1/completions */
export const COMPLETION = z.looseObject({
  choices: z.array(CHOICE),
  usage: z.looseObject({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish(),
});

/** GET /v1/models; `root`, `max_model_len` and `parent` are vLLM's, `meta` is llama-server's. */
export const MODELS = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string(),
      aliases: z.array(z.string()).nullish(),
      owned_by: z.string().nullish(),
      parent: z.string().nullish(),
      root: z.string().nullish(),
      max_model_len: z.number().nullish(),
      meta: z.looseObject({ n_ctx: z.number().nullish() }).nullish(),
    }),
  ),
});
export type Models = z.output<typeof MODELS>;
