import { Worker } from 'node:worker_threads';

/** Whoever started the worker is looked for this often; when gone, the worker has so long to end by itself. */
const LOOK_MS = 500;
const GRACE_MS = 1500;

/** Runs in a thread of its own, so that it also sees what a main thread in a long native call does not. */
const PROGRAM = `
const parent = process.ppid;
const isGone = () => {
  if (process.ppid !== parent) return true;
  try { process.kill(parent, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
};
const timer = setInterval(() => {
  if (!isGone()) return;
  clearInterval(timer);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${GRACE_MS});
}, ${LOOK_MS});`;

/** Ends this process when its parent has ended, whatever it is doing: no worker is left behind. */
export function guardAgainstOrphaning(): void {
  new Worker(PROGRAM, { eval: true, execArgv: [], stdout: false, stderr: false }).unref();
}
