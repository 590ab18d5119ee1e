import { InputError } from '../base/errors.ts';

const HINT =
  'If the download did not end, fetch it again. Else load it with a tool you trust, where it can do no harm, and save it as safetensors.';

/** Why a file is not read, without the file's name: whoever opened the file adds it. Never leaves this folder. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
}

/** The bytes at hand end too early. The legacy format does not say how long a pickle is, so more may have to be read. */
export class EndOfBytes extends Refusal {
  override readonly name = 'EndOfBytes';

  constructor() {
    super('its pickle is cut off');
  }
}

export function refuse(reason: string): never {
  throw new Refusal(reason);
}

/** Runs what reads `path`; a refusal becomes the person's error. */
export async function namingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new InputError(`${path} is refused: ${error.message}. Nothing in it was executed.`, HINT, { cause: error });
  }
}

/** A stranger's words within a message: short, and without control characters or invisible ones. */
export function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return /^[\w.-]+$/.test(short) ? short : JSON.stringify(short).replace(/[^ -~…]/g, '?');
}
