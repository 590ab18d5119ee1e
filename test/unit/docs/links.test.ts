/** No link leads nowhere; those of other sites are looked at, not followed. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { anchorsOf, linksOf, pages, readPage } from '../../support/markdown.ts';
import { ROOT } from '../../support/paths.ts';

describe('links', () => {
  for (const page of pages())
    it(page, () => {
      for (const link of linksOf(readPage(page))) {
        if (/^https:\/\/[\w.-]+\//.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(ROOT, target)), `${link} leads nowhere`);
        if (anchor !== undefined) assert.ok(anchorsOf(readPage(target)).has(anchor), `${link}: no such heading`);
      }
    });

  it('are found', () => {
    assert.deepEqual(linksOf('a [b](c.md#d) ![e](f.png) `[g](h)`\n```\n[i](j)\n```\n'), ['c.md#d', 'f.png']);
    assert.deepEqual([...anchorsOf('# The command line\n## λ, and *Δ* (2)\n')], ['the-command-line', 'λ-and-δ-2']);
  });

  it('lead to every page of docs/', () => {
    const linked = new Set(pages().flatMap((page) => linksOf(readPage(page)).map((link) => join(dirname(page), link))));
    const unread = pages().filter(
      (page) => page.startsWith('docs/') && ![...linked].some((link) => link.startsWith(page)),
    );
    assert.deepEqual(unread, []);
  });
});
