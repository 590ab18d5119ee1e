import { effective } from './effective.ts';
import { makePipeline } from './pipeline.ts';
import { postProcessorOf } from './postProcess.ts';
import { readFolder } from './readFolder.ts';
import { textOf } from './settings.ts';

export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

export interface Tokenizer {
  /**
   * `special`: whether the tokenizer's own template adds its tokens (transformers' add_special_tokens), or the one that
   * add_bos_token=True makes.
   */
  encode(text: string, options: { readonly special: boolean | 'bos' }): number[];
  decode(ids: readonly number[], options?: { readonly skipSpecial?: boolean }): string;
  readonly bos: SpecialToken | undefined;
  readonly eos: SpecialToken | undefined;
  /** tokenizer_config.json's model_max_length; undefined where it is absent or says "no limit". */
  readonly maxLength: number | undefined;
  /** len(tokenizer), as transformers counts: with the added tokens. */
  readonly size: number;
  /**
   * SHA-256 of the file that holds the tokens; of several, what `sha256sum FILES | sha256sum` prints. The settings are
   * not in it: they differ between saves of one tokenizer.
   */
  readonly sha256: string;
  /** The same of all files that were read, the settings among them. */
  readonly filesSha256: string;
  /** What was read, by name. */
  readonly files: readonly string[];
}

/** Cleaning up joins what BPE keeps apart on purpose, and transformers 5 does it only where this is set too. */
const CLEANS_BPE = 'clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output';

/**
 * The tokenizer of a model's folder, as transformers 5.23.0 loads it with AutoTokenizer.
 *
 * @throws InputError naming what is missing, malformed, or of a kind that PortLLM does not reproduce
 */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const { base, settings, path, files, sha256, filesSha256 } = await readFolder(folder);
  const { spec, withBos, added, model, idOf } = effective(base, settings);
  const pipeline = makePipeline(spec, added, settings.flag('split_special_tokens') ?? false, path);
  const [addOwn, addBos] = [postProcessorOf(spec.post_processor, path), postProcessorOf(withBos, path)];
  const cleanUp = (settings.flag('clean_up_tokenization_spaces') && settings.flag(CLEANS_BPE)) ?? false;
  const special = (name: string): SpecialToken | undefined => {
    const token = settings.named.get(name);
    const id = token === undefined ? undefined : idOf(textOf(token));
    return token === undefined || id === undefined ? undefined : { id, text: textOf(token) };
  };
  return {
    encode: (text, { special }) => {
      const ids = pipeline.encode(text);
      if (special === false) return ids;
      return special === 'bos' ? addBos(ids) : addOwn(ids);
    },
    decode: (ids, options) => pipeline.decode(ids, { skipSpecial: options?.skipSpecial ?? false, cleanUp }),
    bos: special('bos_token'),
    eos: special('eos_token'),
    maxLength: settings.maxLength,
    size: model.size + [...added.ids.keys()].filter((token) => model.idOf(token) === undefined).length,
    sha256,
    filesSha256,
    files,
  };
}
