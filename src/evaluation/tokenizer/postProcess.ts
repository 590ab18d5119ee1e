import * as z from 'zod';
import { InputError } from '../../base/errors.ts';
import { brief } from '../../base/quote.ts';
import { tokenId } from '../../checkpoint/vocabulary/tokenId.ts';
import { parse, unsupported } from './component.ts';
import type { Component } from './spec.ts';

/** Adds the tokenizer's own special tokens to a single text. */
export type PostProcess = (ids: readonly number[]) => number[];

/** Far more than any tokenizer adds to a text. */
const MOST_PROCESSORS = 16;
const MOST_ADDED = 1000;

const TYPED = z.looseObject({ type: z.string() });
const SEQUENCE = z.object({ processors: z.array(TYPED).max(MOST_PROCESSORS, 'there are too many') });
const PIECE = z.union([
  z.object({ SpecialToken: z.object({ id: z.string() }) }),
  z.object({ Sequence: z.object({ id: z.enum(['A', 'B']) }) }),
]);
const TEMPLATE = z.object({
  single: z.array(PIECE).max(MOST_ADDED, 'there are too many'),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.number()) })),
});
const TOKEN = z.tuple([z.string(), z.number()]);
const ENDS = z.object({ cls: TOKEN, sep: TOKEN });

/** @throws InputError for a post-processor that PortLLM does not reproduce */
export function postProcessorOf(component: Component, path: string, depth = 0): PostProcess {
  if (component === null) return (ids) => [...ids];
  switch (component.type) {
    case 'ByteLevel':
      return (ids) => [...ids];
    case 'TemplateProcessing':
      return template(parse(TEMPLATE, component, path), path);
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const { cls, sep } = parse(ENDS, component, path);
      const [before, after] = [cls, sep].map(([token, id]) => tokenId(id, token, path));
      return (ids) => [before ?? 0, ...ids, after ?? 0];
    }
    case 'Sequence': {
      if (depth > 1) throw new InputError(`${path}: its post_processor has sequences within sequences.`);
      const { processors } = parse(SEQUENCE, component, path);
      const parts = processors.map((part) => postProcessorOf(part, path, depth + 1));
      return (ids) => parts.reduce((before, part) => part(before), [...ids]);
    }
    default:
      throw unsupported('post-processor', component.type, path);
  }
}

/** A special token stands for the ids that the template itself gives it; the text stands once. */
function template({ single, special_tokens: tokens }: z.output<typeof TEMPLATE>, path: string): PostProcess {
  const place = single.findIndex((piece) => 'Sequence' in piece);
  const pieces = single.map((piece) => ('Sequence' in piece ? [] : idsOf(piece.SpecialToken.id, tokens, path)));
  const [before, after] = [pieces.slice(0, place).flat(), pieces.slice(place + 1).flat()];
  if (single.filter((piece) => 'Sequence' in piece).length !== 1)
    throw new InputError(`${path}: the template of its post_processor does not hold the text once.`);
  if (before.length + after.length > MOST_ADDED)
    throw new InputError(`${path}: its post_processor adds more than ${MOST_ADDED} tokens to a text.`);
  return (ids) => [...before, ...ids, ...after];
}

type SpecialTokens = z.output<typeof TEMPLATE>['special_tokens'];

function idsOf(name: string, tokens: SpecialTokens, path: string): number[] {
  const token = Object.hasOwn(tokens, name) ? tokens[name] : undefined;
  if (token === undefined)
    throw new InputError(
      `${path}: its post_processor adds the token "${brief(name, 40)}" and does not say which it is.`,
    );
  if (token.ids.length > MOST_ADDED)
    throw new InputError(`${path}: its post_processor adds more than ${MOST_ADDED} tokens to a text.`);
  return token.ids.map((id) => tokenId(id, name, path));
}
