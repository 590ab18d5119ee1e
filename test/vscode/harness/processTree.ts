import { type ChildProcess, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_GRACE_MS = 5_000;
const DEADLY: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Ends a child that was spawned detached, with everything it started and did not detach in turn. */
export async function endTree(child: ChildProcess): Promise<void> {
  killTree(child, 'SIGTERM');
  const deadline = Date.now() + STOP_GRACE_MS;
  while (isTreeAlive(child) && Date.now() < deadline) {
    await sleep(50);
  }
  // Also when the child itself has gone: what it started may outlive it.
  killTree(child, 'SIGKILL');
}

/**
 * Runs cleanUp when this process dies by exit or by a signal it can catch; returns how to call that off.
 * A detached child needs it: Ctrl-C in a terminal does not reach another process group.
 */
export function onDeath(cleanUp: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    disarm();
    cleanUp();
    // Without this listener the signal has its usual effect again.
    process.kill(process.pid, signal);
  };
  const disarm = (): void => {
    process.off('exit', cleanUp);
    DEADLY.forEach((signal) => process.off(signal, onSignal));
  };
  process.once('exit', cleanUp);
  DEADLY.forEach((signal) => process.once(signal, onSignal));
  return disarm;
}

export function killTree(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/PID', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the whole group is gone already.
  }
}

export function hasExited(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function isTreeAlive(child: ChildProcess): boolean {
  if (child.pid === undefined || process.platform === 'win32') {
    return !hasExited(child);
  }
  try {
    return process.kill(-child.pid, 0);
  } catch {
    return false;
  }
}
