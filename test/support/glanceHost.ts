import type { Page } from 'playwright-core';
import type { SafetensorsContract } from '../../webview/contract.ts';
import type { Glance } from '../../src/library/glance/glance.ts';
import { TensorSearch } from '../../src/library/glance/tensorSearch.ts';
import { TensorTree } from '../../src/library/glance/tensorTree.ts';
import type { GlanceTensor } from '../../src/library/glance/types.ts';
import type { RenderedPage } from './pageInBrowser.ts';

type FromPage = SafetensorsContract['fromPage'];
type ToPage = SafetensorsContract['toPage'];

/** Answers a page in a browser as the extension does, from tensors in memory. */
export class GlanceHost {
  private readonly rendered: RenderedPage;
  private readonly tree: TensorTree;
  private readonly search: TensorSearch;
  private readonly glance: Glance;
  private answered = 0;

  constructor(rendered: RenderedPage, glance: Glance) {
    this.rendered = rendered;
    this.glance = glance;
    this.tree = new TensorTree(glance.tensors);
    this.search = new TensorSearch(glance.tensors);
  }

  get page(): Page {
    return this.rendered.page;
  }

  /** What the page asked for since the last time; it is answered. */
  async answer(isTrusted = true): Promise<FromPage[]> {
    const messages = (await this.rendered.sent()).slice(this.answered) as FromPage[];
    this.answered += messages.length;
    for (const message of messages) {
      const reply = this.replyTo(message, isTrusted);
      if (reply !== undefined) await this.rendered.send(reply);
    }
    return messages;
  }

  /** Until the page asks for nothing more. */
  async settle(isTrusted = true): Promise<FromPage[]> {
    const all: FromPage[] = [];
    for (let quiet = 0; quiet < 3;) {
      const messages = await this.answer(isTrusted);
      quiet = messages.length === 0 ? quiet + 1 : 0;
      all.push(...messages);
      await this.page.waitForTimeout(80);
    }
    return all;
  }

  private replyTo(message: FromPage, isTrusted: boolean): ToPage | undefined {
    switch (message.type) {
      case 'ready':
      case 'reload':
        return { type: 'show', summary: this.glance.summary, top: this.tree.page('', 0), isTrusted };
      case 'rows':
        return { type: 'rows', group: message.group, page: this.tree.page(message.group, message.from) };
      case 'search':
        return { type: 'found', text: message.text, page: this.search.find(message.text) };
      case 'choose': {
        const { name, file } = message.tensor;
        const tensor = this.glance.tensors.find((one) => one.name === name && one.file === file);
        return { type: 'chosen', tensor: tensor ?? null };
      }
      default:
        return undefined;
    }
  }
}

/** A file that is nowhere, of these tensors. */
export function glanceOf(tensors: readonly GlanceTensor[], name = 'model.safetensors'): Glance {
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const parameters = tensors.reduce((sum, tensor) => sum + tensor.parameters, 0);
  return {
    tensors,
    summary: {
      ...{ path: `/models/${name}`, name, kind: 'index', tensors: tensors.length, missing: 0, parameters, bytes },
      dtypes: [{ dtype: 'BF16', tensors: tensors.length, parameters, bytes }],
      files: [{ name: 'model-00001-of-00002.safetensors', tensors: tensors.length, bytes, problem: null }],
      ...{ metadata: [['format', 'pt']], architecture: null, patch: null, index: null, warnings: [] },
    },
  };
}
