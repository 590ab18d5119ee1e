import { InputError } from '../../base/errors.ts';

/** Two bases between which there is no line, or none that fits into memory: what can be had without it still can. */
export class NoLineError extends InputError {}
