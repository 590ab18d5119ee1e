import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TensorFile } from '../../../src/safetensors/file.ts';
import { sniff } from '../../../src/safetensors/sniff.ts';
import { writeSafetensors } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/paths.ts';

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 4976698672\n`;

const SEEN: readonly (readonly [rule: string, bytes: string, what: RegExp, hint: RegExp])[] = [
  ['a Git LFS pointer', POINTER, /a Git LFS pointer/, /git lfs pull/],
  ['an HTML page', '<!DOCTYPE html>\n<html lang="en">', /an HTML page/, /the file itself/],
  ['an HTML page without a doctype', '\n  <html><head>', /an HTML page/, /the file itself/],
  ['an XML error page', '<?xml version="1.0"?><Error>', /an HTML page/, /the file itself/],
  ["torch's zip archive", 'PK\x03\x04\0\0\x08\x08\0\0\0\0', /a zip archive/, /convert it to safetensors/],
  ['a zip archive whose bytes would be a small length', 'PK\x03\x04\0\0\0\0\0\0', /a zip archive/, /convert it/],
  ['a pickle of protocol 2', '\x80\x02}q\x00(X\x06\0\0\0', /a Python pickle/, /fetch it again/],
  ['a pickle of protocol 4', '\x80\x04\x95\x20\0\0\0\0\0\0\0', /a Python pickle/, /fetch it again/],
  ['a GGUF file', 'GGUF\x03\0\0\0\x23\x01\0\0', /a GGUF file/, /the Hugging Face checkpoint/],
  ['an index', '{"metadata": {}, "weight_map": {}}', /a JSON file/, /real weights/],
  ['a short JSON file', '{}', /a JSON file/, /real weights/],
  ['a symbolic link stored as text', '../../blobs/0123456789abcdef', /a symbolic link stored as text/, /it names/],
  ['an absolute link stored as text', '/mnt/models/model.safetensors', /a symbolic link stored as text/, /it names/],
];

describe('what a file is instead is said, with what to do about it:', () => {
  for (const [rule, bytes, what, hint] of SEEN)
    it(rule, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'x.safetensors');
      await writeFile(path, bytes, 'latin1');
      await assert.rejects(TensorFile.open(path), (error: Error & { hint?: string }) => {
        assert.equal(error.name, 'InputError');
        assert.ok(error.message.startsWith(`${path} is not a safetensors file but `), error.message);
        assert.match(error.message, what);
        assert.match(error.hint ?? '', hint);
        return true;
      });
    });
});

describe('nothing is guessed of', () => {
  const UNKNOWN: Record<string, Buffer> = {
    'no bytes': Buffer.alloc(0),
    'the start of a safetensors file': Buffer.from('\x40\0\0\0\0\0\0\0{"a":{"dtype":"F32"', 'latin1'),
    'words that come later': Buffer.from('see <html> and PK and GGUF'),
    'a path beyond the first line': Buffer.from('/a/b/c\nsecond line'),
  };
  for (const [rule, bytes] of Object.entries(UNKNOWN)) it(rule, () => assert.equal(sniff(bytes), undefined));
});

it('only the bytes given are looked at, wherever they stand in their buffer', () => {
  const bytes = Buffer.from('GGUF<html>');
  assert.match(sniff(bytes.subarray(4))?.what ?? '', /HTML/);
  assert.equal(sniff(bytes.subarray(0, 3)), undefined);
});

describe('what cannot be read is said with its path:', () => {
  const BROKEN: Record<string, (path: string) => Promise<RegExp>> = {
    'a missing file': async () => Promise.resolve(/^Cannot read .*x\.safetensors: it does not exist\.$/),
    'a folder': async (path) => {
      await mkdir(path);
      return /^Cannot read .*x\.safetensors: it is a folder\.$/;
    },
    'a file cut off in its data': async (path) => {
      await writeSafetensors(path, { a: [1000] });
      await truncate(path, 72 + 3000);
      return /it is cut off: \d+ of \d+ bytes are missing\.$/;
    },
    'a file cut off in its header': async (path) => {
      await writeSafetensors(path, { a: [1000] });
      await truncate(path, 50);
      return /it ends inside its header\.$/;
    },
  };
  for (const [rule, make] of Object.entries(BROKEN))
    it(rule, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'x.safetensors');
      const message = await make(path);
      await assert.rejects(TensorFile.open(path), { name: 'InputError', message });
    });
});
