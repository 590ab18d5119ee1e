/** Loaded into every process of the command line with --import: writes down whoever opens a socket or asks for an address. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const record = process.env.PORTLLM_SOCKETS ?? '';

function note(what: string): void {
  fs.appendFileSync(record, `${what} in ${process.argv[1] ?? ''}\n${new Error('here').stack ?? ''}\n`);
}

for (const [owner, name] of [
  [net.Socket.prototype, 'connect'],
  [net.Server.prototype, 'listen'],
  [dns, 'lookup'],
  [dns.promises, 'lookup'],
  [dgram, 'createSocket'],
  [globalThis, 'fetch'],
] as const) {
  const methods = owner as unknown as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name];
  methods[name] = function (this: unknown, ...args) {
    note(name);
    return original?.apply(this, args);
  };
}
syncBuiltinESMExports();
fs.appendFileSync(record, `watched ${process.argv[1] ?? ''}\n`);
