import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Feeds, GraphRuntime, GraphSession, HostData, HostTensor, LoadOptions } from '../graphRuntime.ts';
import { NO_MEMORY, UserError } from '../../base/errors.ts';
import type { ElementType } from '../onnx/graph.ts';

/** Networks on one of ONNX Runtime's execution providers. */
export function ortGraphs(provider: string): GraphRuntime {
  return { device: provider, load: (model, options) => load(provider, model, options) };
}

async function load(
  provider: string,
  model: Uint8Array,
  { foldConstants, constants, root }: LoadOptions,
): Promise<GraphSession> {
  const fixed = toOrt(constants);
  const session = await outOfMemoryInWords(
    InferenceSession.create(model, {
      executionProviders: [provider],
      logSeverityLevel: 4,
      extra: {
        session: {
          ...(root === undefined ? {} : { model_external_initializers_file_folder_path: root }),
          ...(foldConstants ? {} : { disable_prepacking: '1' }),
        },
        ...(foldConstants ? {} : { optimization: { disable_specified_optimizers: 'ConstantFolding' } }),
      },
    }),
  );
  return {
    async run(inputs) {
      const outputs = await outOfMemoryInWords(session.run({ ...fixed, ...toOrt(inputs) }));
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromOrt(tensor)]));
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

async function outOfMemoryInWords<T>(working: Promise<T>): Promise<T> {
  try {
    return await working;
  } catch (error) {
    if (!(error instanceof Error) || !NO_MEMORY.test(error.message)) throw error;
    throw new UserError(
      'There is not enough memory for the network.',
      'Close other programs, use a smaller --batch-tokens, or evaluate on a server: --endpoint.',
      { cause: error },
    );
  }
}

function toOrt(feeds: Feeds): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, shape }]) => [
      name,
      new Tensor(type as 'float32', data as Float32Array, shape),
    ]),
  );
}

function fromOrt(tensor: Tensor): HostTensor {
  return { type: tensor.type as ElementType, data: tensor.data as HostData, shape: tensor.dims };
}
