import * as z from 'zod';
import { COMBINATIONS } from '../../patch/combine/arithmetic.ts';
import { FLOAT8_CHOICES, OUTPUT_KINDS, TIED_CHOICES, type PortRequest } from '../plan/planTypes.ts';

/** A `PortRequest` as parts leave it for whoever puts them together; fields in one order, so that texts can be compared. */
export const PORT_REQUEST: z.ZodType<PortRequest> = z.object({
  patch: z.string(),
  weight: z.number().optional(),
  plus: z.array(z.object({ patch: z.string(), weight: z.number() })).optional(),
  combine: z.object({ combination: z.enum(COMBINATIONS), density: z.number(), seed: z.number() }).optional(),
  onto: z.string(),
  from: z.string().optional(),
  out: z.string(),
  as: z.enum(OUTPUT_KINDS),
  scale: z.number(),
  tied: z.enum(TIED_CHOICES).optional(),
  float8: z.enum(FLOAT8_CHOICES).optional(),
  agreed: z.string().optional(),
});
