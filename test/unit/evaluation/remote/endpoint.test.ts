import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { InputError } from '../../../../src/base/errors.ts';
import { serverOf } from '../../../../src/evaluation/remote/endpoint.ts';

const KEY = 'sk-secret';

describe('an address', () => {
  for (const [given, v1] of [
    ['http://localhost:8000', 'http://localhost:8000/v1'],
    ['http://localhost:8000/', 'http://localhost:8000/v1'],
    ['http://localhost:8000/v1', 'http://localhost:8000/v1'],
    [' http://localhost:8000/v1/ ', 'http://localhost:8000/v1'],
    ['https://host.example/v1/completions', 'https://host.example/v1'],
    ['https://host.example/proxy/v1/completions/', 'https://host.example/proxy/v1'],
    ['http://[::1]:8000/v1', 'http://[::1]:8000/v1'],
  ] as const)
    it(`may be ${given}`, () => {
      assert.equal(serverOf({ url: given, model: 'm' }).v1, v1);
    });

  for (const [given, message] of [
    ['localhost:8000', /does not begin with http/],
    ['ftp://localhost', /does not begin with http/],
    ['http://', /cannot be read/],
    ['http://user:sk-secret@localhost/v1', /user name or a password/],
    ['http://localhost/v1?key=sk-secret', /"\?"/],
    ['http://localhost/v1/chat/completions', /Chat completions/],
  ] as const)
    it(`may not be ${given}, and the error does not repeat it`, () => {
      assert.throws(
        () => serverOf({ url: given, model: 'm' }),
        (error) => error instanceof InputError && message.test(error.message) && !inspect(error).includes(KEY),
      );
    });
});

describe('a key', () => {
  it('goes over https, or to this machine', () => {
    for (const url of [
      'https://host.example/v1',
      'http://localhost:8000',
      'http://127.0.0.1:8000',
      'http://127.9.9.9',
      'http://[::1]:8000',
      'http://api.localhost',
    ])
      assert.equal(serverOf({ url, model: 'm', key: ` ${KEY}\n` }).key, KEY);
  });

  it('goes nowhere unencrypted', () => {
    for (const url of [
      'http://host.example/v1',
      'http://192.168.1.5:8000',
      'http://127.0.0.1.example',
      'http://localhost.example',
      'http://[::2]:8000',
      'http://0.0.0.0:8000',
    ])
      assert.throws(
        () => serverOf({ url, model: 'm', key: KEY }),
        (error) =>
          error instanceof InputError && error.message.includes('unencrypted') && !inspect(error).includes(KEY),
      );
    assert.equal(serverOf({ url: 'http://host.example', model: 'm', key: '  ' }).key, undefined);
  });

  it('that cannot stand in a header is refused unseen', () => {
    for (const key of ['sk-\nsecret', 'sk-sécret', 'sk secret', 'sk-\u0000secret'])
      assert.throws(
        () => serverOf({ url: 'http://localhost', model: 'm', key }),
        (error) => error instanceof InputError && !/s.cret/.test(inspect(error)),
      );
  });
});
