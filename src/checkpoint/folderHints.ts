const GGUF = 'It holds GGUF files: choose the Hugging Face checkpoint that they were made from.';

/** What a folder that is no model may be instead, from the names in it; and what to choose. */
export function hintWithoutConfig(names: ReadonlySet<string>): string {
  if (names.has('adapter_config.json')) return 'It is a patch: name the model that it is for, and this as its patch.';
  if (holdsGguf(names)) return GGUF;
  if (names.has('snapshots')) return 'It is a repository of the Hugging Face cache: choose a folder in its snapshots.';
  return 'Choose a folder in Hugging Face layout: config.json, with the weights beside it.';
}

/** Likewise where there is a config.json, and no weights by the names that are known. */
export function hintWithoutWeights(names: ReadonlySet<string>, index: string): string {
  const all = [...names];
  if (holdsGguf(names)) return GGUF;
  if (all.some((name) => /\.(pt|pth|ckpt)$/.test(name)))
    return 'It holds PyTorch files by other names: convert them to safetensors first.';
  if (all.some((name) => /^model-\d+-of-\d+\.safetensors$/.test(name)))
    return `It holds shards without their index: fetch ${index} too.`;
  return 'Complete the download, or choose a folder with safetensors weights or pytorch_model.bin.';
}

/** What a folder that is neither a model nor a patch may be. */
export function hintForUnknown(names: ReadonlySet<string>, index: string): string {
  if (names.has('config.json')) return hintWithoutWeights(names, index);
  if (holdsGguf(names) || names.has('snapshots')) return hintWithoutConfig(names);
  return 'A model has config.json and safetensors files, a patch adapter_config.json, an output portllm.json.';
}

function holdsGguf(names: ReadonlySet<string>): boolean {
  return [...names].some((name) => name.endsWith('.gguf'));
}
