import type { ProgressSink } from '../../base/progress.ts';
import { sha256OfText } from '../../base/hash.ts';
import type { LowRankKernel } from '../../kernels/lowRank.ts';
import type { LoadedModel } from '../../model/loadedModel.ts';
import { openOverlay, type PatchOnModel } from '../../model/patched/openOverlay.ts';
import { identifyPatch, openPatch } from '../../patch/patch.ts';
import type { ColumnRequest, EvaluateRequest } from '../request.ts';
import type { ColumnFacts, PatchFacts } from '../results/types.ts';
import { networkScorer } from '../scoring/networkScorer.ts';
import type { Scorer } from '../scoring/scorer.ts';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import { controlOf } from './control.ts';
import { endTokensOf } from './endTokens.ts';
import { BATCH_TOKENS, type Models } from './models.ts';
import { remoteColumn } from './remoteColumn.ts';

/** A column that can answer. */
export interface OpenedColumn extends AsyncDisposable {
  readonly facts: ColumnFacts;
  readonly tokenizer: Tokenizer;
  /** Made when there is something left to be asked; what is only counted needs no network. */
  scorer(): Promise<Scorer>;
}

export interface ColumnTools {
  readonly models: Models;
  readonly kernel: LowRankKernel;
  readonly device: string;
  readonly sink: ProgressSink;
  readonly signal: AbortSignal;
}

/** @throws InputError if the model, its tokenizer or a patch cannot be used */
export async function openColumn(
  request: EvaluateRequest,
  column: ColumnRequest,
  tools: ColumnTools,
): Promise<OpenedColumn> {
  if (column.endpoint !== undefined) return remoteColumn(request, column, column.endpoint, tools.signal);
  const model = await tools.models.find(column.model);
  const tokenizer = await openTokenizer(column.model);
  const patches = await Promise.all(column.patches.map(patchFacts));
  const warnings = [...unusedWarning(model), ...(await tokenizerWarnings(column, tokenizer))];
  const facts = factsOf(request, column, { model, tokenizer, patches, warnings, device: tools.device });
  let close: (() => Promise<void>) | undefined;
  return {
    facts,
    tokenizer,
    async scorer() {
      const opened = await openNetwork(model, column, tools, warnings);
      close = opened.close;
      return networkScorer(opened.network, {
        tokenizer,
        bos: request.bos,
        maxLength: facts.maxLength,
        batchTokens: request.batchTokens ?? BATCH_TOKENS,
        endTokens: await endTokensOf(column.model, model.checkpoint.names, tokenizer),
      });
    },
    [Symbol.asyncDispose]: () => close?.() ?? Promise.resolve(),
  };
}

/** Warnings that only planning the patches can give are added to the column's. */
async function openNetwork(
  model: LoadedModel,
  { model: folder, patches, exported = false, control }: ColumnRequest,
  { kernel, sink, signal }: ColumnTools,
  warnings: string[],
): Promise<{ network: ReturnType<LoadedModel['network']>; close: () => Promise<void> }> {
  const opened = await openOverlay(folder, patches, { kernel, exported, sink, signal });
  warnings.push(...opened.warnings);
  let { overlay } = opened;
  if (control !== undefined) {
    const random = controlOf(overlay, control.seed);
    ({ overlay } = random);
    warnings.push(...random.warnings);
  }
  await model.load(sink, signal);
  const network = model.network(overlay);
  return { network, close: () => network[Symbol.asyncDispose]() };
}

async function patchFacts({ patch: path, plus = [], scale }: PatchOnModel): Promise<PatchFacts> {
  const identities = [];
  for (const folder of [path, ...plus.map((other) => other.patch)]) {
    const patch = await openPatch(folder);
    try {
      identities.push(await identifyPatch(patch));
    } finally {
      await patch.file.close();
    }
  }
  const name = identities.map((identity) => identity.name).join(' + ');
  const [only] = identities;
  const sha256 =
    identities.length === 1 && only ? only.sha256 : sha256OfText(identities.map((one) => one.sha256).join());
  return { path, name, sha256, scale };
}

function factsOf(
  request: EvaluateRequest,
  column: ColumnRequest,
  opened: {
    readonly model: LoadedModel;
    readonly tokenizer: Tokenizer;
    readonly patches: readonly PatchFacts[];
    readonly warnings: readonly string[];
    readonly device: string;
  },
): ColumnFacts {
  const { model, tokenizer, patches, warnings, device } = opened;
  const { identity } = model.checkpoint;
  return {
    label: column.label,
    role: column.role ?? null,
    model: column.model,
    modelName: identity.name,
    architecture: identity.architecture,
    parameters: identity.parameters,
    dtype: identity.dtype,
    modelSha256: sha256OfText(JSON.stringify([identity.configSha256, identity.files])),
    patches,
    exported: column.exported ?? false,
    control: column.control?.seed ?? null,
    device,
    memory: model.memory.mode,
    bos: request.bos,
    maxLength: model.architecture.maxLength,
    tokenizerSha256: tokenizer.sha256,
    specialTokens: { bos: tokenizer.bos?.text ?? null, eos: tokenizer.eos?.text ?? null },
    endpoint: null,
    warnings,
  };
}

function unusedWarning({ unused, checkpoint }: LoadedModel): string[] {
  if (unused.length === 0) return [];
  const shown = unused.slice(0, 3).join(', ');
  return [`${checkpoint.folder}: ${unused.length} tensors have no place in the network and are left out (${shown} …).`];
}

/** A patch that was saved with its own tokenizer may have been trained on other tokens. */
async function tokenizerWarnings({ patches, model }: ColumnRequest, { sha256 }: Tokenizer): Promise<string[]> {
  const own = await Promise.all(patches.map(({ patch }) => openTokenizer(patch).catch(() => undefined)));
  return own.flatMap((tokenizer, i) =>
    tokenizer === undefined || tokenizer.sha256 === sha256
      ? []
      : [`The patch ${patches[i]?.patch ?? ''} has a tokenizer that differs from that of ${model}, which is used.`],
  );
}
