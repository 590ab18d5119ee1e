import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { CancelledError, UserError } from '../../../../src/base/errors.ts';
import { type Endpoint, serverOf } from '../../../../src/evaluation/remote/endpoint.ts';
import { networkFailure } from '../../../../src/evaluation/remote/failures.ts';
import { send } from '../../../../src/evaluation/remote/send.ts';
import { type Asked, json, nowhere, QUICK, serve } from './servers.ts';

const KEY = 'sk-secret';
const { signal } = new AbortController();

async function ask(url: string, more: Partial<Endpoint> = {}, at = signal): Promise<string> {
  return send(serverOf({ url, model: 'm', patience: QUICK, ...more }), `${url}/completions`, { a: 1 }, at);
}

/** Fails a number of times, then answers. */
async function serveAfter(
  failures: number,
  fail: (response: ServerResponse) => void,
): Promise<{ url: string; asked: Asked[] }> {
  return serve((_, response, number) => {
    if (number <= failures) fail(response);
    else json(response, 'well');
  });
}

describe('a request', () => {
  it('carries the key, the type and the body', async () => {
    const { url, asked } = await serve((_, response) => json(response, 'well'));
    await ask(url, { key: KEY });
    const [{ method, path, body, headers } = {} as Asked] = asked;
    assert.deepEqual([method, path, body], ['POST', '/v1/completions', { a: 1 }]);
    assert.deepEqual([headers.authorization, headers['content-type']], [`Bearer ${KEY}`, 'application/json']);
    await ask(url);
    assert.equal(asked[1]?.headers.authorization, undefined);
  });

  for (const status of [408, 429, 500, 502, 503, 504])
    it(`is tried again after ${status}`, async () => {
      const { url, asked } = await serveAfter(2, (response) => json(response, {}, status));
      assert.equal(await ask(url), '"well"');
      assert.equal(asked.length, 3);
    });

  for (const status of [400, 401, 403, 404, 413, 422, 501])
    it(`is not tried again after ${status}`, async () => {
      const { url, asked } = await serveAfter(1, (response) => json(response, {}, status));
      await assert.rejects(ask(url), UserError);
      assert.equal(asked.length, 1);
    });

  it('is tried again after a lost connection, and after half an answer', async () => {
    const lost = await serveAfter(2, (response) => response.destroy());
    assert.equal(await ask(lost.url), '"well"');
    const half = await serveAfter(1, (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":');
      setTimeout(() => response.destroy(), 5);
    });
    assert.equal(await ask(half.url), '"well"');
  });

  it('is given up after so many attempts, in the words of the last one', async () => {
    const { url, asked } = await serveAfter(9, (response) => json(response, { error: { message: 'no memory' } }, 500));
    await assert.rejects(ask(url), /status 500\. It says: no memory/);
    assert.equal(asked.length, QUICK.attempts);
    const { url: lost } = await serveAfter(9, (response) => response.destroy());
    await assert.rejects(ask(lost), /cannot be used: it closed the connection/);
  });

  it('waits as long as Retry-After asks, and gives up where that is too long', async () => {
    const soon = await serveAfter(1, (response) => {
      response.setHeader('retry-after', '1');
      json(response, {}, 429);
    });
    const started = performance.now();
    assert.equal(await ask(soon.url), '"well"');
    assert.ok(performance.now() - started >= 950);
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    for (const late of ['3600', date]) {
      const { url, asked } = await serveAfter(1, (response) => {
        response.setHeader('retry-after', late);
        json(response, {}, 429);
      });
      await assert.rejects(ask(url), /status 429/);
      assert.equal(asked.length, 1);
    }
  });

  it('ends after its time, and is tried again', async () => {
    const { url, asked } = await serve(() => undefined);
    await assert.rejects(ask(url, { timeoutMs: 30 }), /gave no answer in 0\.03 s/);
    assert.equal(asked.length, QUICK.attempts);
    const slow = await serve((_, response) => {
      response.writeHead(200);
      response.write('[');
    });
    await assert.rejects(ask(slow.url, { timeoutMs: 30 }), /gave no answer in 0\.03 s/);
  });

  it('follows no redirect: the key stays with the server that was named', async () => {
    const other = await serve((_, response) => json(response, 'caught'));
    for (const status of [301, 302, 303, 307, 308]) {
      const { url, asked } = await serve((_, response) => {
        response.writeHead(status, { location: `${other.url}/completions?x=1` });
        response.end();
      });
      await assert.rejects(ask(url, { key: KEY }), /redirects to http:\/\/127\.0\.0\.1:\d+\/v1\/completions, which/);
      assert.equal(asked.length, 1);
    }
    assert.equal(other.asked.length, 0);
  });

  it('never shows the key, even where the server repeats it', async () => {
    const failures: ((response: ServerResponse) => void)[] = [
      (response) => json(response, { error: { message: `Incorrect API key provided: ${KEY}.` } }, 401),
      (response) => json(response, { detail: `Bearer ${KEY}` }, 400),
      (response) => {
        response.statusCode = 500;
        response.end(`plain ${KEY}`);
      },
      (response) => response.destroy(),
    ];
    for (const fail of failures) {
      const { url } = await serve((_, response) => fail(response));
      await assert.rejects(ask(url, { key: KEY }), (error) => {
        assert.ok(error instanceof UserError);
        assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(KEY));
        return true;
      });
    }
  });

  it('quotes a server in one short line, and no page', async () => {
    const long = await serve((_, response) => json(response, { error: `a\n\u001b[31m${'b'.repeat(5000)}` }, 400));
    await assert.rejects(ask(long.url), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /It says: a \[31mb+…$/);
      assert.ok(error.message.length < 450);
      return true;
    });
    const page = await serve((_, response) => {
      response.statusCode = 400;
      response.end('<html><body>Bad</body></html>');
    });
    await assert.rejects(ask(page.url), /answered with status 400\.$/);
  });

  it('is cut off where the answer does not end', async () => {
    const { url } = await serve((_, response) => {
      const part = Buffer.alloc(1_000_000, 32);
      const pour = (): void => {
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', pour);
      pour();
    });
    await assert.rejects(ask(url), /longer than any answer should be/);
  });

  it('can be cancelled while it waits for an answer, and between attempts', async () => {
    const silent = await serve(() => undefined);
    const first = new AbortController();
    setTimeout(() => first.abort(), 10);
    await assert.rejects(ask(silent.url, {}, first.signal), CancelledError);
    const busy = await serveAfter(9, (response) => json(response, {}, 503));
    const second = new AbortController();
    setTimeout(() => second.abort(), 50);
    const patience = { ...QUICK, firstPauseMs: 60_000, longestPauseMs: 60_000 };
    await assert.rejects(ask(busy.url, { patience }, second.signal), CancelledError);
    assert.equal(busy.asked.length, 1);
  });

  for (const [code, message, hint, retry] of [
    ['ENOTFOUND', /host\.example cannot be used: the host is not known/, /spelling/, false],
    ['EAI_AGAIN', /could not be looked up/, /network/, true],
    ['UND_ERR_CONNECT_TIMEOUT', /does not answer/, /http:\/\/ or https/, true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /certificate is not trusted \(DEPTH/, /NODE_EXTRA_CA_CERTS/, false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /certificate is not trusted/, /NODE_EXTRA_CA_CERTS/, false],
    ['EWHATEVER', /cannot be used: EWHATEVER/, /^$/, false],
  ] as const)
    it(`that ends with ${code} is explained`, () => {
      const cause = new AggregateError([Object.assign(new Error(code), { code })]);
      const failure = networkFailure(new TypeError('fetch failed', { cause }), 'https://host.example/v1');
      assert.match(failure.message, message);
      assert.match(failure.hint ?? '', hint);
      assert.equal(failure.retry, retry);
    });

  it('says what is wrong with a port or a protocol', async () => {
    await assert.rejects(ask(await nowhere()), /nothing listens there/);
    await assert.rejects(ask('http://127.0.0.1:6000/v1'), /this port is kept for another protocol/);
    const { url } = await serve((_, response) => json(response, 'well'));
    await assert.rejects(ask(url.replace('http:', 'https:')), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(`${error.message} ${error.hint ?? ''}`, /TLS.*http:\/\//);
      return true;
    });
  });
});
