import { UserError } from '../../base/errors.ts';
import { type Endpoint, serverOf, withAttempts } from './endpoint.ts';
import { RequestFailure } from './failures.ts';
import { send } from './send.ts';

/**
 * Loads an adapter into a running vLLM (docs.vllm.ai, "LoRA Adapters", dynamically serving). From then on its name is a
 * model of the server.
 *
 * @param path of the adapter's folder on the machine of the server
 */
export async function loadAdapter(endpoint: Endpoint, name: string, path: string, signal: AbortSignal): Promise<void> {
  await change(endpoint, 'load', { lora_name: name, lora_path: path }, signal);
}

export async function unloadAdapter(endpoint: Endpoint, name: string, signal: AbortSignal): Promise<void> {
  await change(endpoint, 'unload', { lora_name: name }, signal);
}

async function change(
  endpoint: Endpoint,
  verb: 'load' | 'unload',
  body: { readonly lora_name: string; readonly lora_path?: string },
  signal: AbortSignal,
): Promise<void> {
  const server = withAttempts(serverOf(endpoint), 1);
  try {
    await send(server, `${server.v1}/${verb}_lora_adapter`, body, signal);
  } catch (error) {
    throw explained(error, verb, body.lora_name);
  }
}

/** By vLLM's own words (vllm/entrypoints/openai/models/serving.py, vllm/exceptions.py, vllm/lora/). */
const HINTS: readonly (readonly [said: RegExp, hint: string])[] = [
  [/already been loaded/, 'Unload it, or give the adapter another name.'],
  [/no adapter found/i, "Give the folder's path on the machine of the server, with adapter_config.json in it."],
  [/max_lora_rank/, "Start vLLM with --max-lora-rank no less than the adapter's rank."],
  [/lora is not enabled|enable[-_]lora/i, 'Start vLLM with --enable-lora.'],
  [/cannot be found/, 'It is not loaded, or was unloaded already.'],
];

function explained(error: unknown, verb: string, name: string): unknown {
  if (!(error instanceof RequestFailure) || error.status === undefined) return error;
  if (error.status === 401 || error.status === 403) return error;
  const known = HINTS.find(([said]) => said.test(error.words));
  if (known === undefined && (error.status === 404 || error.status === 405)) return noRoute(error);
  const message = `The server did not ${verb} the adapter "${name}": ${error.words || `status ${error.status}`}`;
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
