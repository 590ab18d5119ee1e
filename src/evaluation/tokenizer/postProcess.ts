import { z } from 'zod';
import { parse, unsupported } from './component.ts';
import type { Component } from './spec.ts';

/** Adds the tokenizer's own special tokens to a single text. */
export type PostProcess = (ids: readonly number[]) => number[];

const TYPED = z.looseObject({ type: z.string() });
const SEQUENCE = z.object({ processors: z.array(TYPED) });
const PIECE = z.union([
  z.object({ SpecialToken: z.object({ id: z.string() }) }),
  z.object({ Sequence: z.object({ id: z.enum(['A', 'B']) }) }),
]);
const TEMPLATE = z.object({
  single: z.array(PIECE),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.number()) })),
});
const TOKEN = z.tuple([z.string(), z.number()]);
const ENDS = z.object({ cls: TOKEN, sep: TOKEN });

/** @throws InputError for a post-processor that PortLLM does not reproduce */
export function postProcessorOf(component: Component, path: string): PostProcess {
  if (component === null) return (ids) => [...ids];
  switch (component.type) {
    case 'ByteLevel':
      return (ids) => [...ids];
    case 'TemplateProcessing':
      return template(parse(TEMPLATE, component, path));
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const { cls, sep } = parse(ENDS, component, path);
      return (ids) => [cls[1], ...ids, sep[1]];
    }
    case 'Sequence': {
      const parts = parse(SEQUENCE, component, path).processors.map((part) => postProcessorOf(part, path));
      return (ids) => parts.reduce((before, part) => part(before), [...ids]);
    }
    default:
      throw unsupported('post-processor', component.type, path);
  }
}

/** A special token stands for the ids that the template itself gives it. */
function template({ single, special_tokens: tokens }: z.output<typeof TEMPLATE>): PostProcess {
  return (ids) => single.flatMap((piece) => ('Sequence' in piece ? ids : (tokens[piece.SpecialToken.id]?.ids ?? [])));
}
