import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

export const CHANGES = ['written to', 'appended to', 'cut off', 'removed', 'replaced'] as const;
export type ChangeKind = (typeof CHANGES)[number];

/** What happens to a process, at which of its file operations. */
export interface Fault {
  /** Only operations on paths below are counted. */
  readonly within: string;
  readonly operations?: 'all' | 'mutating' | 'reading';
  /** The first is 1. */
  readonly at?: number;
  readonly action?: 'kill before' | 'kill after';
  /** The system's error that the operation ends with. */
  readonly code?: string;
  /** Whether all later ones do too: a disk that is full stays full. */
  readonly sticky?: boolean;
  /** What is done to a file just before. */
  readonly change?: { readonly kind: ChangeKind; readonly path: string };
  /** A file for the names of all that were counted. */
  readonly record?: string;
}

const INJECTED = pathToFileURL(join(import.meta.dirname, 'injected.ts')).href;

/** Runs what starts a process with the fault in that process's environment. */
export function withFault<T>(fault: Fault | undefined, start: () => T): T {
  if (fault === undefined) return start();
  const options = `${process.env.NODE_OPTIONS ?? ''} --import=${INJECTED}`;
  return withEnvironment({ PORTLLM_FAULT: JSON.stringify(fault), NODE_OPTIONS: options }, start);
}

/** Runs what starts a process with other variables in that process's environment; here they are as before. */
export function withEnvironment<T>(variables: Readonly<Record<string, string>>, start: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return start();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  }
}
