import * as z from 'zod';
import { readYamlFile } from '../base/yamlFile.ts';

/** A line of a script; with a line end in it, it would be two. */
const LINE = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\r\n\0]*$/, 'it is more than one line');

/** What a cluster wants to know of a job, as `sbatch` calls it. */
const PROFILE = z.strictObject({
  partition: LINE.optional(),
  account: LINE.optional(),
  qos: LINE.optional(),
  constraint: LINE.optional(),
  gres: LINE.optional(),
  /** `01:00:00`, `2-12` … */
  time: LINE.optional(),
  /** Of a part, `2G`. */
  memory: LINE.optional(),
  /** Of a part. */
  cpus: z.int().positive().max(1024).optional(),
  /** Further options of sbatch, one each. */
  extra: z.array(LINE.regex(/^--?[a-zA-Z]/, 'it is no option: it must begin with a dash')).optional(),
  /** Commands before ours: modules, environments. */
  setup: z.array(LINE).optional(),
});
export type Profile = z.output<typeof PROFILE>;

/** @throws InputError if it cannot be read, or holds something that it cannot */
export function readProfile(path: string): Promise<Profile> {
  return readYamlFile(path, PROFILE, `It may hold ${Object.keys(PROFILE.shape).join(', ')}; all else goes into extra.`);
}
