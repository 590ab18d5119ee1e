import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { UserError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { diagnose } from '../diagnostics/diagnose.ts';
import { tensorFigures } from '../diagnostics/tensorFigures.ts';
import { MatrixFolder } from '../evaluation/matrix/matrixFolder.ts';
import { matrixState } from '../evaluation/matrix/matrixState.ts';
import { extract } from '../extract/extract.ts';
import { isExtraction, verifyExtraction } from '../extract/verifyExtraction.ts';
import type { DeviceChoice, DeviceReport } from '../kernels/device.ts';
import { LateKernel } from '../kernels/lateKernel.ts';
import type { LowRankKernel } from '../kernels/lowRank.ts';
import type { chooseDevice as ChooseDevice } from '../kernels/runtime/chooseDevice.ts';
import { inspect } from '../library/inspect.ts';
import { planPort, port } from '../port/port.ts';
import { verify } from '../port/verify/verify.ts';
import { PROTOCOL_VERSION, type WorkerHandlers } from './contract.ts';
import { compareJob, evaluateJob, itemsJob, matrixJob, probeJob, tasksJob, type Runtimes } from './evaluating.ts';
import { guardAgainstOrphaning } from './parentGuard.ts';
import { assembleJob, divideJob, partJob } from './parting.ts';
import { serve } from './server.ts';

interface Device {
  readonly kernel: LowRankKernel;
  readonly report: DeviceReport;
}

const devices = new Map<DeviceChoice, Promise<Device>>();

/** Ports to adapters compute nothing that a device would be asked for, and those on the CPU next to nothing. */
const cpu: Device = {
  kernel: new LateKernel(async () => (await loadedDevice('cpu')).kernel),
  report: {
    requested: 'cpu',
    used: 'cpu',
    checks: [{ provider: 'cpu', ok: true, milliseconds: undefined, detail: 'the reference' }],
    warning: undefined,
  },
};

function deviceFor(choice: DeviceChoice): Promise<Device> {
  return choice === 'cpu' ? Promise.resolve(cpu) : loadedDevice(choice);
}

/** ONNX Runtime is loaded at the first job that needs it, once per device that is asked for. */
function loadedDevice(choice: DeviceChoice): Promise<Device> {
  let device = devices.get(choice);
  if (device === undefined) {
    device = loadRuntime().then(({ chooseDevice }) => chooseDevice(choice));
    device.catch(() => devices.delete(choice));
    devices.set(choice, device);
  }
  return device;
}

async function runtimesFor(choice: DeviceChoice): Promise<Runtimes> {
  const { kernel, report } = await deviceFor(choice);
  const { ortGraphs } = await import('../kernels/runtime/ortGraphs.ts');
  return { chosen: ortGraphs(report.used), cpu: ortGraphs('cpu'), kernel, warning: report.warning };
}

async function loadRuntime(): Promise<{ chooseDevice: typeof ChooseDevice }> {
  try {
    return await import('../kernels/runtime/chooseDevice.ts');
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new UserError(
      `ONNX Runtime cannot be loaded on ${process.platform}-${process.arch}: ${reason}.`,
      'It runs on Linux with glibc (x64, arm64), Windows (x64, arm64) and macOS on Apple silicon. There, install PortLLM again.',
      { cause: error },
    );
  }
}

const handlers: WorkerHandlers = {
  hello: () =>
    Promise.resolve({ protocolVersion: PROTOCOL_VERSION, version: VERSION, pid: process.pid, node: process.version }),
  device: async ({ device }) => (await deviceFor(device)).report,
  inspect: ({ path }) => inspect(path),
  plan: (request) => planPort(request),
  port: async ({ request, device }, { sink, signal }) => {
    const { kernel } = request.as === 'adapter' ? cpu : await deviceFor(device);
    return port(request, kernel, VERSION, sink, signal);
  },
  divide: ({ work, count }, { signal }) => divideJob(work, count, cpu.kernel, signal),
  part: (parameters, context) =>
    partJob(parameters, { kernel: async (device) => (await deviceFor(device)).kernel, runtimes: runtimesFor }, context),
  assemble: ({ out }, context) => assembleJob(out, cpu.kernel, context),
  extract: async ({ request, device }, { sink, signal }) => {
    const { kernel } = await deviceFor(device);
    return extract(request, kernel, VERSION, sink, signal);
  },
  diagnose: async ({ request, device }, { sink, signal }) => {
    const { kernel } = await deviceFor(device);
    return diagnose(request, kernel, sink, signal);
  },
  probe: async (parameters, context) => probeJob(parameters, await runtimesFor(parameters.device), context),
  evaluate: async (parameters, context) => evaluateJob(parameters, await runtimesFor(parameters.device), context),
  beginMatrix: ({ name, spec, out }) => new MatrixFolder(out).begin(name, spec, VERSION),
  matrix: async ({ out, device }, context) => matrixJob(out, await runtimesFor(device), context),
  matrixState: ({ out }, { signal }) => matrixState(out, signal),
  compare: compareJob,
  items: itemsJob,
  tasks: tasksJob,
  tensorFigures: (request, { sink, signal }) => tensorFigures(request, sink, signal),
  verify: async ({ folder, device }, { sink, signal }) => {
    if (await isExtraction(folder)) return verifyExtraction(folder, sink, signal);
    const { kernel } = await deviceFor(device);
    return verify(folder, kernel, sink, signal);
  },
};

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const server = serve(connection, handlers);
connection.listen();
// Ctrl+C reaches the whole process group; whoever started the worker decides what becomes of it.
process.on('SIGINT', () => undefined);
guardAgainstOrphaning();
// The worker never outlives whoever started it; it gets a moment to remove what it was writing.
process.on('disconnect', () => {
  setTimeout(() => process.exit(0), 400);
  void server.shutdown().finally(() => process.exit(0));
});
