import { sha256Of } from '../../base/hash.ts';
import { Checkpoint } from '../../checkpoint/checkpoint.ts';
import type { PatchOnModel } from '../../model/patched/openOverlay.ts';
import { identifyPatch, openPatch, type PatchIdentity } from '../../patch/patch.ts';
import type { PatchFacts } from '../results/types.ts';

/** Raised whenever the same inputs get other answers, so that those of earlier programs are not taken for ours. */
const ANSWERS_VERSION = 1;

/** SHA-256 of whatever the answers depend on, in one order. */
export function identityOf(...inputs: readonly unknown[]): string {
  return sha256Of(JSON.stringify([ANSWERS_VERSION, ...inputs]));
}

/** Changes whenever a model may compute otherwise. Weights are not read: where they lie and when they were written stands for them. */
export function modelIdentity({ identity, shards }: Checkpoint): string {
  const files = identity.files.map(({ name, headerSha256, sha256 }, i) => {
    const { path, header, writtenAt } = shards[i]?.file ?? {};
    return sha256 === null ? [path, header?.fileBytes, String(writtenAt), headerSha256] : [name, sha256];
  });
  return identityOf(identity.configSha256, files);
}

/** @throws InputError if a patch or the old base cannot be read */
export async function patchFacts(request: PatchOnModel): Promise<PatchFacts> {
  const { patch: path, weight, plus = [], combine, from, scale, tied } = request;
  const identities: PatchIdentity[] = [];
  for (const folder of [path, ...plus.map((other) => other.patch)]) identities.push(await identityOfPatch(folder));
  const weights = [weight, ...plus.map((other) => other.weight)];
  const settings = identities.map(({ configSha256 }, i) => [configSha256, weights[i]]);
  const [only] = identities;
  return {
    path,
    name: identities.map(({ name }) => name).join(' + '),
    sha256: identities.length === 1 && only ? only.sha256 : sha256Of(identities.map((one) => one.sha256).join()),
    settingsSha256: identityOf(settings, combine, tied, from === undefined ? null : await identityOfBase(from)),
    scale,
  };
}

async function identityOfPatch(folder: string): Promise<PatchIdentity> {
  const patch = await openPatch(folder);
  try {
    return await identifyPatch(patch);
  } finally {
    await patch.file.close();
  }
}

async function identityOfBase(folder: string): Promise<string> {
  await using checkpoint = await Checkpoint.open(folder);
  return modelIdentity(checkpoint);
}
