import { UserError } from '../../base/errors.ts';
import { type Endpoint, type Server, serverOf, withAttempts } from './endpoint.ts';
import { RequestFailure } from './failures.ts';
import { MODELS } from './responses.ts';
import { send, sendForJson } from './send.ts';

/**
 * Loads an adapter into a running vLLM (docs.vllm.ai, "LoRA Adapters", dynamically serving). From then on its name is a
 * model of the server. One that is there under this name and from this folder is left as it is.
 *
 * @param path of the adapter's folder on the machine of the server
 */
export async function loadAdapter(endpoint: Endpoint, name: string, path: string, signal: AbortSignal): Promise<void> {
  const server = withAttempts(serverOf(endpoint), 1);
  try {
    await send(server, `${server.v1}/load_lora_adapter`, { lora_name: name, lora_path: path }, signal);
  } catch (error) {
    if (isLoaded(error) && (await isThere(server, name, path, signal))) return;
    throw explained(error, name);
  }
}

const LOADED = 'already been loaded';

function isLoaded(error: unknown): boolean {
  return error instanceof RequestFailure && error.words.includes(LOADED);
}

/** vLLM tells the folder of an adapter as its model's root. */
async function isThere(server: Server, name: string, path: string, signal: AbortSignal): Promise<boolean> {
  const { data } = await sendForJson(server, `${server.v1}/models`, undefined, MODELS, signal);
  return data.some(({ id, root }) => id === name && root === path);
}

/** By vLLM's own words (vllm/entrypoints/openai/models/serving.py, vllm/exceptions.py, vllm/lora/). */
const HINTS: readonly (readonly [said: RegExp, hint: string])[] = [
  [/already been loaded/, 'Another adapter has this name: unload it, or give this one another name.'],
  [/no adapter found/i, "Give the folder's path on the machine of the server, with adapter_config.json in it."],
  [/max_lora_rank/, "Start vLLM with --max-lora-rank no less than the adapter's rank."],
  [/lora is not enabled|enable[-_]lora/i, 'Start vLLM with --enable-lora.'],
];

function explained(error: unknown, name: string): unknown {
  if (!(error instanceof RequestFailure) || error.status === undefined) return error;
  if (error.status === 401 || error.status === 403) return error;
  const known = HINTS.find(([said]) => said.test(error.words));
  if (known === undefined && (error.status === 404 || error.status === 405)) return noRoute(error);
  const message = `The server did not load the adapter "${name}": ${error.words || `status ${error.status}`}`;
  return new UserError(message, known?.[1], { cause: error });
}

function noRoute(cause: RequestFailure): UserError {
  return new UserError(
    'The server does not take adapters while it runs.',
    'Start vLLM with --enable-lora and with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True in its environment, and only where ' +
      'everybody who reaches it may load adapters.',
    { cause },
  );
}
