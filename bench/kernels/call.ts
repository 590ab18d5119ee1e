/** Calls one kernel so many times, for whoever counts its instructions: NAME TIMES RANK */
import { type KernelName, kernelWorks } from './works.ts';

const [name, times, rank] = process.argv.slice(2);
const call = kernelWorks(Number(rank))[name as KernelName];
for (let i = 0; i < Number(times); i++) call();
