import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { BOS_MODES } from '../evaluation/request.ts';
import type { Outcome } from './commands.ts';
import type { Console } from './console.ts';
import { DEVICE_CHOICES, isDeviceChoice, type DeviceChoice } from '../kernels/device.ts';

/** lm-eval's own, of few-shot examples. */
export const SEED = 1234;

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return count;
}

/** Also 0: no few-shot examples, the seed 0. */
export function parseWhole(text: string): number {
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || count < 0)
    throw new InvalidArgumentError('It must be a whole number from 0 on.');
  return count;
}

export function parseShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError('It must be more than 0 and at most 1.');
  return share;
}

export function parseNumbers(text: string): number[] {
  return text.split(',').map(parseNumber);
}

/** Of an option that may be given several times. */
export function collect(text: string, earlier: readonly string[]): string[] {
  return [...earlier, text];
}

export function json(): Option {
  return new Option('--json', 'one JSON document on standard output; progress stays on standard error');
}

export function device(): Option {
  return new Option('--device <name>', DEVICE_CHOICES.join(', ')).default('auto').argParser((text): DeviceChoice => {
    if (!isDeviceChoice(text)) throw new InvalidArgumentError(`One of ${DEVICE_CHOICES.join(', ')}.`);
    return text;
  });
}

export function bosMode(): Option {
  return new Option('--bos <mode>', "a BOS token before the text: the tokenizer's way, always, never")
    .choices(BOS_MODES)
    .default('auto');
}

/** Files are the person's, relative to where they are; all else is a task's name. */
export function taskPath(task: string): string {
  return /[/\\.]/.test(task) ? resolve(task) : task;
}

/** Runs one command; every error becomes words and an exit code. */
export type Run = (options: CommonOptions, command: (console: Console) => Promise<Outcome>) => Promise<void>;

export interface CommonOptions {
  readonly json?: true;
}
