/** Writes the schema of a matrix's file, which YAML editors complete by, from the one that reads it: `npm run readme`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import * as z from 'zod';
import { MATRIX_SPEC } from '../src/evaluation/matrix/spec.ts';

const PATH = join(import.meta.dirname, '..', 'media', 'matrix.schema.json');

export function matrixSchema(): Promise<string> {
  const schema = z.toJSONSchema(MATRIX_SPEC, { io: 'input' });
  return format(JSON.stringify({ ...schema, title: 'A matrix of PortLLM' }), { parser: 'json', printWidth: 120 });
}

if (import.meta.main) writeFileSync(PATH, await matrixSchema());
