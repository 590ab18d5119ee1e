import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

interface Need {
  readonly what: string;
  readonly there: () => boolean;
  readonly packages: readonly string[];
  /** The tests that want it are skipped without it. */
  readonly optional?: boolean;
}

const onPath = (program: string): boolean => spawnSync('which', [program], { stdio: 'ignore' }).status === 0;

/** What the tests need of the system: a browser, and what code-server's native modules are built with. */
const NEEDS: readonly Need[] = [
  {
    what: 'Chromium',
    there: () =>
      process.env.CHROMIUM_PATH !== undefined || ['chromium', 'chromium-browser', 'google-chrome'].some(onPath),
    packages: ['chromium'],
  },
  {
    what: "Kerberos headers (code-server's build)",
    there: () => process.platform !== 'linux' || ['/usr/include/krb5.h', '/usr/include/krb5/krb5.h'].some(existsSync),
    packages: ['libkrb5-dev'],
  },
  {
    what: "a C++ compiler, make and Python (code-server's build)",
    there: () => ['g++', 'make', 'python3'].every(onPath),
    packages: ['g++', 'make', 'python3'],
  },
  {
    what: 'the Vulkan loader (software WebGPU)',
    there: () =>
      process.platform !== 'linux' || spawnSync('sh', ['-c', 'ldconfig -p | grep -q libvulkan.so.1']).status === 0,
    packages: ['libvulkan1'],
  },
  {
    what: 'Slurm (ports as jobs of a cluster)',
    there: () => process.platform !== 'linux' || ['slurmctld', 'slurmd', 'munged'].every(onPath),
    packages: ['slurm-wlm', 'munge'],
    optional: true,
  },
  {
    what: 'mkfs.xfs (a file system that clones)',
    there: () => process.platform !== 'linux' || onPath('mkfs.xfs'),
    packages: ['xfsprogs'],
    optional: true,
  },
];

/** Installs what is missing where this is Debian and we are root. @throws Error with the one line that helps, elsewhere */
export function ensureSystemPackages(): void {
  const canInstall = onPath('apt-get') && process.getuid?.() === 0;
  const missing = NEEDS.filter(({ there, optional = false }) => !there() && (canInstall || !optional));
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.packages);
  const names = missing.map(({ what }) => what).join(', ');
  if (!canInstall)
    throw new Error(`Missing: ${names}. On Debian or Ubuntu: sudo apt-get install -y ${packages.join(' ')}`);
  console.error(`Installing ${names} …`);
  apt(['update']);
  const install = ['install', '-y', '--no-install-recommends'];
  apt([...install, ...missing.filter(({ optional = false }) => !optional).flatMap((need) => need.packages)]);
  for (const { what, packages: own } of missing.filter(({ optional = false }) => optional))
    try {
      apt([...install, ...own]);
    } catch (error) {
      console.error(`${what} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
}

/** @throws Error if it fails */
function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    throw new Error(`apt-get ${args.join(' ')} failed.`);
}
