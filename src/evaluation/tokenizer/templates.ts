import type { Base } from './effective.ts';
import type { Settings } from './settings.ts';
import type { Component } from './spec.ts';

export interface Templates {
  /** The tokenizer's own. */
  readonly own: Component;
  /** What add_bos_token=True makes of it, which is what lm-eval hands on. */
  readonly withBos: Component;
}

type IdOf = (token: string) => number | undefined;

/** TokenizersBackend.update_post_processor of transformers 5.23.0, and when it is called. */
export function templatesOf(base: Base, settings: Settings, idOf: IdOf): Templates {
  const asked = (key: string): boolean | undefined => (base.fromTables ? settings.flag(key) : undefined);
  const bos = asked('add_bos_token') ?? base.name === 'CodeLlamaTokenizer';
  const eos = asked('add_eos_token') ?? false;
  const isAsked = (asked('add_bos_token') ?? asked('add_eos_token')) !== undefined;
  const isMade = base.name === 'GPTNeoXTokenizer' || base.name === 'CodeLlamaTokenizer' || isAsked;
  const written = base.spec.post_processor;
  return {
    own: isMade || written === null ? template(bos, eos, settings, idOf) : written,
    withBos: template(true, eos, settings, idOf),
  };
}

/** A token that the tokenizer does not have is not added. */
function template(addsBos: boolean, addsEos: boolean, settings: Settings, idOf: IdOf): Component {
  const bos = addsBos ? settings.text('bos_token') : null;
  const eos = addsEos ? settings.text('eos_token') : null;
  const piece = (id: string | null): object[] => (id === null ? [] : [{ SpecialToken: { id, type_id: 0 } }]);
  const tokens = [bos, eos].filter((token) => token !== null);
  return {
    type: 'TemplateProcessing',
    single: [...piece(bos), { Sequence: { id: 'A', type_id: 0 } }, ...piece(eos)],
    special_tokens: Object.fromEntries(tokens.map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }])),
  };
}
