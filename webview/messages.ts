/**
 * The contract again, as schemas: neither end takes a message that does not follow it. What the host sends is its own views,
 * of which the outline is checked; what a page sends is checked whole.
 */
import * as z from 'zod/mini';
import type {
  EvaluationContract,
  FiguresState,
  MatrixContract,
  OtherReport,
  PageContract,
  PlanContract,
  ReportContract,
  ReportRef,
  RunsContract,
  SafetensorsContract,
} from './contract.ts';

/** The pages by name. */
export interface Contracts {
  readonly plan: PlanContract;
  readonly report: ReportContract;
  readonly evaluation: EvaluationContract;
  readonly matrix: MatrixContract;
  readonly runs: RunsContract;
  readonly safetensors: SafetensorsContract;
}
export type PageName = keyof Contracts;

type Schemas<End extends 'toPage' | 'fromPage'> = {
  readonly [Name in PageName]: z.ZodMiniType<Contracts[Name][End]>;
};

/** Longer texts are no search, name or path. */
const text = z.string().check(z.maxLength(100_000));
const label = z.nullable(z.string());
const index = z.int().check(z.nonnegative());
const made = <T>(): z.ZodMiniType<T> => z.custom<T>((value) => typeof value === 'object' && value !== null);
const list = <T>(): z.ZodMiniType<readonly T[]> => z.custom<readonly T[]>((value) => Array.isArray(value));
const bare = <const T extends readonly string[]>(...types: T) => z.strictObject({ type: z.enum(types) });

const reference: z.ZodMiniType<ReportRef> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('port'), folder: z.string() }),
  z.object({ kind: z.literal('diagnosis'), file: z.string() }),
]);
const place = z.object({ name: text, file: text });
const problem = z.object({ type: z.literal('problem'), message: z.string() });

/** A picture that a page has drawn. */
const picture = z.union([z.string().check(z.maxLength(50_000_000)), z.instanceof(Uint8Array)]);

export const FROM_PAGE: Schemas<'fromPage'> = {
  plan: bare('ready', 'port', 'cancel'),
  report: z.discriminatedUnion('type', [
    bare('ready', 'retry', 'reveal', 'verify', 'diagnose', 'port', 'evaluate', 'compareWith', 'compareNone'),
    z.object({ type: z.literal('detail'), target: text }),
    z.object({ type: z.literal('exportData'), format: z.enum(['csv', 'json']) }),
    z.object({ type: z.literal('exportPicture'), format: z.enum(['svg', 'png']), content: picture }),
  ]),
  evaluation: z.discriminatedUnion('type', [
    bare('ready', 'retry', 'openFile', 'compareWith', 'exportCsv', 'copyMarkdown', 'cancel'),
    z.object({ type: z.literal('pin'), column: z.nullable(index) }),
    z.object({
      type: z.literal('item'),
      task: text,
      column: index,
      reference: index,
      docId: z.int(),
      referenceDocId: z.int(),
    }),
    z.object({ type: z.literal('reference'), column: index }),
  ]),
  matrix: z.discriminatedUnion('type', [
    bare('ready', 'stop', 'continue'),
    z.object({ type: z.literal('open'), row: index, column: index }),
  ]),
  runs: z.discriminatedUnion('type', [
    z.object({ type: z.literal('ready'), chosen: label }),
    z.object({ type: z.enum(['choose', 'open', 'cancel', 'forget']), id: text }),
    z.object({ type: z.literal('pin'), column: z.nullable(index) }),
    bare('evaluate', 'import'),
  ]),
  safetensors: z.discriminatedUnion('type', [
    bare('ready', 'cancel', 'reload', 'reveal', 'port', 'openIndex', 'openText'),
    z.object({ type: z.literal('rows'), group: text, from: index }),
    z.object({ type: z.literal('search'), text }),
    z.object({ type: z.literal('choose'), tensor: place }),
    z.object({ type: z.literal('measure'), tensor: place }),
    z.object({ type: z.literal('copyName'), name: text }),
  ]),
};

const figures: z.ZodMiniType<FiguresState> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('running'), message: z.string() }),
  z.object({ type: z.literal('done'), figures: made<Extract<FiguresState, { type: 'done' }>['figures']>() }),
  bare('cancelled'),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);

type ToReport = Extract<ReportContract['toPage'], { type: 'show' }>;
type ToEvaluation = EvaluationContract['toPage'];
type ToRuns = RunsContract['toPage'];
type ToSafetensors = SafetensorsContract['toPage'];
type Of<Message, Type extends string> = Extract<Message, { type: Type }>;

export const TO_PAGE: Schemas<'toPage'> = {
  plan: z.object({ type: z.literal('show'), plan: made<PlanContract['toPage']['plan']>() }),
  report: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('show'),
      source: reference,
      view: made<ToReport['view']>(),
      other: z.nullable(made<OtherReport>()),
    }),
    z.object({ type: z.literal('detail'), detail: made<Of<ReportContract['toPage'], 'detail'>['detail']>() }),
    problem,
  ]),
  evaluation: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('show'),
      files: z.array(z.string()),
      chosen: label,
      view: made<Of<ToEvaluation, 'show'>['view']>(),
      baseline: label,
    }),
    z.object({ type: z.literal('live'), title: z.string(), live: made<Of<ToEvaluation, 'live'>['live']>() }),
    z.object({
      type: z.literal('item'),
      column: index,
      reference: index,
      detail: made<Of<ToEvaluation, 'item'>['detail']>(),
    }),
    z.object({
      type: z.literal('noItem'),
      column: index,
      reference: index,
      task: z.string(),
      docId: z.int(),
      message: z.string(),
    }),
    z.object({ type: z.literal('busy'), message: z.string() }),
    problem,
  ]),
  matrix: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('show'),
      out: z.string(),
      view: made<Extract<MatrixContract['toPage'], { type: 'show' }>['view']>(),
    }),
    problem,
  ]),
  runs: z.discriminatedUnion('type', [
    z.object({ type: z.literal('runs'), runs: list<Of<ToRuns, 'runs'>['runs'][number]>(), baseline: label }),
    z.object({ type: z.literal('show'), id: z.string(), view: made<Of<ToRuns, 'show'>['view']>() }),
    z.object({ type: z.literal('live'), id: z.string(), live: made<Of<ToRuns, 'live'>['live']>() }),
    z.object({ type: z.literal('busy'), id: z.string() }),
    z.object({ type: z.literal('problem'), id: z.string(), message: z.string() }),
  ]),
  safetensors: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('show'),
      summary: made<Of<ToSafetensors, 'show'>['summary']>(),
      top: made<Of<ToSafetensors, 'show'>['top']>(),
      isTrusted: z.boolean(),
    }),
    z.object({ type: z.literal('rows'), group: z.string(), page: made<Of<ToSafetensors, 'rows'>['page']>() }),
    z.object({ type: z.literal('found'), text: z.string(), page: made<Of<ToSafetensors, 'found'>['page']>() }),
    z.object({
      type: z.literal('chosen'),
      tensor: z.nullable(made<NonNullable<Of<ToSafetensors, 'chosen'>['tensor']>>()),
    }),
    z.object({ type: z.literal('figures'), tensor: place, state: figures }),
    bare('trusted', 'changed'),
    z.object({ type: z.literal('problem'), message: z.string(), hint: label }),
  ]),
};

/** A message, or nothing if it is none. */
export function readMessage<End extends 'toPage' | 'fromPage', Name extends PageName>(
  schemas: Schemas<End>,
  page: Name,
  message: unknown,
): Contracts[Name][End] | undefined {
  const schema: z.ZodMiniType<PageContract[End]> = schemas[page];
  const read = schema.safeParse(message);
  return read.success ? (read.data as Contracts[Name][End]) : undefined;
}
