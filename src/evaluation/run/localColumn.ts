import { InputError } from '../../base/errors.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { LoadedModel } from '../../model/loadedModel.ts';
import { openOverlay, planOverlay } from '../../model/patched/openOverlay.ts';
import type { Workload } from '../../model/weights/memory.ts';
import type { Overlay } from '../../model/weights/overlay.ts';
import type { ColumnRequest, EvaluateRequest } from '../request.ts';
import type { PatchFacts } from '../results/types.ts';
import { networkScorer } from '../scoring/networkScorer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Item } from '../types.ts';
import type { OpenOptions, PlannedColumn } from './column.ts';
import { controlOf } from './control.ts';
import { readDecoding } from './decoding.ts';
import { identityOf, modelIdentity, patchFacts } from './identity.ts';
import type { Models } from './models.ts';
import { BATCH_TOKENS, workOf } from './work.ts';

export interface LocalTools {
  readonly models: Models;
  readonly kernel: LowRankKernel;
  readonly device: string;
}

/**
 * A column that this machine computes.
 *
 * @throws InputError if the model, its tokenizer or a patch cannot be used; CancelledError
 */
export async function localColumn(
  request: EvaluateRequest,
  column: ColumnRequest,
  { models, kernel, device }: LocalTools,
  options: OpenOptions,
): Promise<PlannedColumn> {
  if (column.control !== undefined && column.exported === true)
    throw new InputError('A random control and an exported form do not go together: a random patch has none.');
  const model = await models.find(column.model);
  const tokenizer = await models.tokenizer(column.model);
  const { warnings: ofDecoding, ...decoding } = await readDecoding(column.model, model.checkpoint.names, tokenizer);
  const patches = await Promise.all(column.patches.map(patchFacts));
  const exported = column.exported ?? false;
  const weights = modelIdentity(model.checkpoint);
  const planned = await planOverlay(column.model, column.patches, exported);
  const change = (tools: OpenOptions): Promise<Change> => changeOf(column, { kernel, exported, ...tools });
  const { maxLength } = model.architecture;
  const encoding = { tokenizer, bos: request.bos, maxLength };
  const batchTokens = request.batchTokens ?? BATCH_TOKENS;
  const workload = (items: readonly Item[]): Workload => ({
    ...workOf(items, encoding, batchTokens),
    replaced: planned.replacedBytes,
  });
  return {
    facts: {
      ...factsOf(column, model),
      patches,
      device,
      bos: request.bos,
      maxLength,
      tokenizerSha256: tokenizer.sha256,
      specialTokens: { bos: tokenizer.bos?.text ?? null, eos: tokenizer.eos?.text ?? null },
      warnings: [
        ...unusedWarning(model),
        ...vocabularyWarning(model, tokenizer),
        ...(await tokenizerWarnings(column, tokenizer, models)),
        ...planned.warnings,
        // What a random patch leaves out shows only when the real one is read.
        ...(column.control === undefined ? [] : (await change(options)).warnings),
        ...ofDecoding,
      ],
    },
    tokenizer,
    identity: identityOf(
      weights,
      patches.map(({ sha256, settingsSha256, scale }) => [sha256, settingsSha256, scale]),
      [exported, column.control, request.bos, maxLength, device],
      [tokenizer.filesSha256, decoding],
    ),
    assertFits: (items) => void model.estimate(workload(items), request.memory),
    async open(items, tools) {
      const opened = await models.find(column.model);
      if (modelIdentity(opened.checkpoint) !== weights)
        throw new InputError(`${column.model} changed since the evaluation began.`, 'Start the evaluation again.');
      const { mode, bytes } = await opened.load(workload(items), request.memory, tools);
      const scales = column.patches.map(({ scale }) => scale);
      const key = networkKey(column, patches);
      const network = await models.network(key, scales, async () => (await change(tools)).overlay);
      await assertSamePatches(column, patches);
      const scorer = networkScorer(network, { ...encoding, ...decoding, batchTokens });
      return { scorer: checkedScorer(scorer, opened), memory: mode, memoryBytes: bytes };
    },
  };
}

/** What was added to the model is what the answers are filed under. @throws InputError if a patch was written to meanwhile */
async function assertSamePatches(column: ColumnRequest, before: readonly PatchFacts[]): Promise<void> {
  const now = await Promise.all(column.patches.map(patchFacts));
  const changed = now.findIndex(({ sha256, settingsSha256 }, i) => {
    const then = before[i];
    return sha256 !== then?.sha256 || settingsSha256 !== then.settingsSha256;
  });
  if (changed >= 0)
    throw new InputError(
      `${now[changed]?.path ?? ''} changed since the evaluation began.`,
      'Let the other program finish, then start again.',
    );
}

interface Change {
  readonly overlay: Overlay;
  readonly warnings: readonly string[];
}

async function changeOf(
  { model, patches, control }: ColumnRequest,
  options: Parameters<typeof openOverlay>[2],
): Promise<Change> {
  const { overlay } = await openOverlay(model, patches, options);
  return control === undefined ? { overlay, warnings: [] } : controlOf(overlay, control.seed);
}

/** Mapped weights are whatever lies in their files when they are used. */
function checkedScorer(scorer: ReturnType<typeof networkScorer>, model: LoadedModel): typeof scorer {
  return {
    async answer(...asked) {
      await scorer.answer(...asked);
      await model.assertUnchanged();
    },
  };
}

/** Networks of one key differ in the scales of their patches alone. */
function networkKey({ model, exported, control }: ColumnRequest, patches: readonly PatchFacts[]): string {
  const own = patches.map(({ path, sha256, settingsSha256 }) => [path, sha256, settingsSha256]);
  return JSON.stringify([model, own, exported ?? false, control ?? null]);
}

function factsOf(column: ColumnRequest, { checkpoint }: LoadedModel) {
  const { name, architecture, parameters, dtype } = checkpoint.identity;
  return {
    label: column.label,
    role: column.role ?? null,
    model: column.model,
    modelName: name,
    architecture,
    parameters,
    dtype,
    modelSha256: modelIdentity(checkpoint),
    exported: column.exported ?? false,
    control: column.control?.seed ?? null,
    endpoint: null,
  };
}

function unusedWarning({ unused, checkpoint }: LoadedModel): string[] {
  if (unused.length === 0) return [];
  const shown = unused.slice(0, 3).join(', ');
  return [`${checkpoint.folder}: ${unused.length} tensors have no place in the network and are left out (${shown} …).`];
}

function vocabularyWarning({ architecture, checkpoint }: LoadedModel, { size }: Tokenizer): string[] {
  if (size <= architecture.vocabulary) return [];
  const counts = `${size} tokens, the model rows for ${architecture.vocabulary}`;
  return [`The tokenizer of ${checkpoint.folder} has ${counts}: do they belong together?`];
}

/** A patch that was saved with its own tokenizer may have been trained on other tokens. */
async function tokenizerWarnings(
  { patches, model }: ColumnRequest,
  { sha256 }: Tokenizer,
  models: Models,
): Promise<string[]> {
  const own = await Promise.all(patches.map(({ patch }) => models.tokenizer(patch).catch(() => undefined)));
  return own.flatMap((tokenizer, i) =>
    tokenizer === undefined || tokenizer.sha256 === sha256
      ? []
      : [`The patch ${patches[i]?.patch ?? ''} has a tokenizer that differs from that of ${model}, which is used.`],
  );
}
