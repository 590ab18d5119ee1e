import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, hostname, tmpdir } from 'node:os';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DAEMONS = ['munged', 'slurmctld', 'slurmd'];
const START_MS = 30_000;

/** Why there can be no cluster here, or nothing. */
export function whyNoSlurm(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, who may start the daemons of Slurm';
  const missing = DAEMONS.filter((name) => spawnSync('which', [name], { stdio: 'ignore' }).status !== 0);
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}: packages slurm-wlm and munge`;
}

/** A cluster in a folder of its own, or why there is none: who has no right to its daemons' sockets or ports is not to blame. */
export async function startSlurm(): Promise<SlurmCluster | string> {
  const why = whyNoSlurm();
  if (why !== undefined) return why;
  const folder = await mkdtemp(join(tmpdir(), 'portllm-slurm-'));
  try {
    return await SlurmCluster.start(folder);
  } catch (error) {
    const log = await readFile(join(folder, 'slurmctld.log'), 'utf8').catch(() => '');
    await rm(folder, { recursive: true, force: true });
    return `Slurm does not start here: ${String(error)} ${log.trim().split('\n').slice(-2).join(' ')}`;
  }
}

/** A real Slurm on this machine: one node, one partition, no accounts. */
export class SlurmCluster implements AsyncDisposable {
  /** For whoever calls sbatch and kin. */
  readonly env: NodeJS.ProcessEnv;
  /** Where it keeps its own, and tests theirs; removed with it. */
  readonly folder: string;
  private readonly daemons: ChildProcess[] = [];
  /** Without its controller every command waits for a minute. */
  private isUp = false;

  private constructor(env: NodeJS.ProcessEnv, folder: string) {
    this.env = env;
    this.folder = folder;
  }

  static async start(folder: string): Promise<SlurmCluster> {
    const configuration = join(folder, 'slurm.conf');
    const cluster = new SlurmCluster({ ...process.env, SLURM_CONF: configuration }, folder);
    const socket = join(folder, 'munge.socket');
    writeFileSync(configuration, await configurationText(folder, socket));
    for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
    try {
      cluster.startMunge(folder, socket);
      await until('munged', () => existsSync(socket));
      cluster.run('slurmctld', ['-D']);
      cluster.run('slurmd', ['-D', '-N', hostname().split('.')[0] ?? '']);
      await until('the node', () => cluster.command('sinfo', ['-h', '-o', '%T']).trim() === 'idle');
      cluster.isUp = true;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** What a command of Slurm says. */
  command(name: string, args: readonly string[]): string {
    return spawnSync(name, args, { env: this.env, encoding: 'utf8' }).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isUp) this.command('scancel', ['--user=root']);
    for (const daemon of this.daemons.reverse()) daemon.kill('SIGTERM');
    for (const daemon of this.daemons)
      if (daemon.exitCode === null && daemon.pid !== undefined) await once(daemon, 'exit');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Its key, and what it writes, must be its user's. */
  private startMunge(folder: string, socket: string): void {
    const key = join(folder, 'munge.key');
    writeFileSync(key, randomBytes(128), { mode: 0o400 });
    const options = ['--foreground', '--force', `--key-file=${key}`, `--socket=${socket}`];
    this.run('munged', [
      ...options,
      `--pid-file=${folder}/munge.pid`,
      `--log-file=${folder}/munge.log`,
      `--seed-file=${folder}/munge.seed`,
    ]);
    chownSync(folder, 0, 0);
  }

  private run(name: string, args: readonly string[]): void {
    const daemon = spawn(name, args, { env: this.env, stdio: 'ignore' });
    daemon.on('error', () => undefined);
    this.daemons.push(daemon);
  }
}

async function configurationText(folder: string, socket: string): Promise<string> {
  const host = hostname().split('.')[0] ?? '';
  const [controller, node] = [await freePort(), await freePort()];
  return `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
SlurmctldPort=${controller}
SlurmdPort=${node}
AuthType=auth/munge
AuthInfo=socket=${socket}
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus().length} RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function until(what: string, isThere: () => boolean): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!isThere()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come up`);
    await sleep(100);
  }
}
