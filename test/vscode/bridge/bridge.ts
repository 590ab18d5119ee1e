import { rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as vscode from 'vscode';

type Evaluated = (api: typeof vscode, args: unknown) => unknown;

/** Runs as extensionTestsPath: lets a test outside call the vscode API until it posts /stop. */
export async function run(): Promise<void> {
  const portFile = required('PORTLLM_BRIDGE_PORT_FILE');
  const token = required('PORTLLM_BRIDGE_TOKEN');
  const server = createServer();
  const stopped = new Promise<void>((stop) => {
    server.on('request', (request, response) => void handle(request, response, token, stop));
  });
  const port = await listen(server);
  // By rename, so that a reader never sees half a number.
  await writeFile(`${portFile}.part`, String(port));
  await rename(`${portFile}.part`, portFile);
  await stopped;
  server.closeAllConnections();
  server.close();
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: give it through the environment of openWorkbench.`);
  }
  return value;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  stop: () => void,
): Promise<void> {
  // The header is asked for because any page of any local browser can reach a port on this machine.
  if (request.method !== 'POST' || request.headers.authorization !== `Bearer ${token}`) {
    reply(response, 403, { err: 'Wrong method or token.' });
  } else if (request.url === '/evaluate') {
    reply(response, 200, await evaluate(request));
  } else if (request.url === '/stop') {
    response.once('finish', stop);
    reply(response, 200, { ok: null });
  } else {
    reply(response, 404, { err: `Unknown path ${request.url ?? ''}` });
  }
}

async function evaluate(request: IncomingMessage): Promise<{ ok: unknown } | { err: string }> {
  try {
    const { source, args } = JSON.parse(await readBody(request)) as { source: string; args?: unknown };
    // Evaluating what the test sends is what the bridge is for.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    const evaluated = new Function(`return (${source});`)() as Evaluated;
    const ok = await evaluated(vscode, args);
    // Here rather than in reply(), so that a value JSON cannot carry is answered as an error.
    JSON.stringify(ok);
    return { ok };
  } catch (error) {
    return { err: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: { ok: unknown } | { err: string }): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
