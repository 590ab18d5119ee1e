import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { SafetensorsContract, TensorPlace } from '../../../webview/contract.ts';
import { InputError, UserError } from '../../base/errors.ts';
import { resolveInside } from '../../checkpoint/shards.ts';
import type { GlanceTensor } from '../../library/glance/types.ts';
import type { WorkerClient } from '../../worker/client.ts';
import { COMMANDS, SAFETENSORS_EDITOR } from '../ids.ts';
import { PageEnd } from '../pages/page.ts';
import { showError } from '../showError.ts';
import { Measurements } from './measurements.ts';
import { namesBehind, openDocument, signatureOf, type GlanceDocument } from './openDocument.ts';
import { watchFolder } from './watchFolder.ts';

type Message = SafetensorsContract['fromPage'];

/** The host's side of the page of one file: it has the tensors, and answers for them. */
export class GlancePage implements vscode.Disposable {
  private readonly uri: vscode.Uri;
  private readonly log: vscode.LogOutputChannel;
  private readonly end: PageEnd<'safetensors'>;
  private readonly measurements: Measurements;
  private readonly subscriptions: vscode.Disposable[] = [];
  private document: Promise<GlanceDocument>;
  private names: ReadonlySet<string>;
  private signature = '';
  private isDisposed = false;

  constructor(uri: vscode.Uri, webview: vscode.Webview, worker: WorkerClient, log: vscode.LogOutputChannel) {
    this.uri = uri;
    this.log = log;
    this.names = namesBehind(basename(uri.fsPath), undefined);
    this.end = new PageEnd(webview, 'safetensors', (message) => {
      void this.answer(message).catch((error: unknown) => showError(error, log));
    });
    this.measurements = new Measurements(worker, (tensor, state) => this.send({ type: 'figures', tensor, state }));
    this.document = this.open();
    this.subscriptions.push(
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.send({ type: 'trusted' })),
      watchFolder(
        dirname(uri.fsPath),
        (name) => this.names.has(name),
        () => void this.checkForChange(),
      ),
    );
  }

  dispose(): void {
    this.isDisposed = true;
    this.measurements.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private get path(): string {
    return this.uri.fsPath;
  }

  /** A page that was closed takes no messages. */
  private send(message: SafetensorsContract['toPage']): void {
    if (!this.isDisposed) this.end.send(message);
  }

  private open(): Promise<GlanceDocument> {
    const document = this.read();
    // Whoever asks for it says so.
    document.catch(() => undefined);
    return document;
  }

  private async read(): Promise<GlanceDocument> {
    const begin = performance.now();
    const before = await signatureOf(this.path, this.names);
    const document = await openDocument(this.uri);
    const own = await signatureOf(this.path, this.names);
    this.names = namesBehind(basename(this.path), document);
    // Whatever was written while the headers were read is a change that is still to be told.
    this.signature = own === before ? await signatureOf(this.path, this.names) : before;
    const milliseconds = (performance.now() - begin).toFixed(0);
    this.log.info(`${this.path}: the headers of ${document.tensors.length} tensors in ${milliseconds} ms`);
    return document;
  }

  private async answer(message: Message): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.show();
      case 'reload':
        return this.reload();
      case 'rows': {
        const { tree } = await this.document;
        this.send({ type: 'rows', group: message.group, page: tree.page(message.group, message.from) });
        return;
      }
      case 'search': {
        const { search } = await this.document;
        this.send({ type: 'found', text: message.text, page: search.find(message.text) });
        return;
      }
      case 'choose': {
        this.send({ type: 'chosen', tensor: (await this.find(message.tensor)) ?? null });
        return;
      }
      case 'measure':
        return this.measurements.measure(message.tensor, () => this.fileOf(message.tensor));
      case 'cancel': {
        this.measurements.cancel();
        return;
      }
      case 'copyName':
        await vscode.env.clipboard.writeText(message.name);
        vscode.window.setStatusBarMessage('PortLLM: the name of the tensor is on the clipboard.', 5000);
        return;
      default:
        return this.act(message.type);
    }
  }

  private async act(type: 'reveal' | 'port' | 'openIndex' | 'openText'): Promise<void> {
    const { executeCommand } = vscode.commands;
    switch (type) {
      case 'reveal':
        await executeCommand(COMMANDS.reveal, this.path);
        return;
      case 'port': {
        const folder = (await this.document).summary.patch?.folder ?? undefined;
        await executeCommand(COMMANDS.port, folder);
        return;
      }
      case 'openIndex': {
        const { index } = (await this.document).summary;
        const uri = vscode.Uri.file(join(dirname(this.path), index ?? ''));
        if (index !== null) await executeCommand('vscode.openWith', uri, SAFETENSORS_EDITOR);
        return;
      }
      case 'openText':
        await executeCommand('vscode.openWith', this.uri, 'default');
    }
  }

  private async show(): Promise<void> {
    const { document } = this;
    try {
      const { summary, tree } = await document;
      this.send({ type: 'show', summary, top: tree.page('', 0), isTrusted: vscode.workspace.isTrusted });
      this.measurements.tellAll();
    } catch (error) {
      if (this.document === document) this.sendProblem(error);
    }
  }

  private sendProblem(error: unknown): void {
    if (!(error instanceof UserError)) this.log.error(error instanceof Error ? error : String(error));
    const hint = error instanceof UserError ? (error.hint ?? null) : null;
    this.send({ type: 'problem', message: error instanceof Error ? error.message : String(error), hint });
  }

  private async reload(): Promise<void> {
    this.measurements.forget();
    this.document = this.open();
    await this.show();
  }

  private async checkForChange(): Promise<void> {
    const isShown = await this.document.then(
      () => true,
      () => false,
    );
    if ((await signatureOf(this.path, this.names)) === this.signature) return;
    if (isShown) this.send({ type: 'changed' });
    else await this.reload();
  }

  private async find({ name, file }: TensorPlace): Promise<GlanceTensor | undefined> {
    const { tensors } = await this.document;
    return tensors.find((tensor) => tensor.name === name && tensor.file === file);
  }

  /** The page says which tensor; which file may be read is decided here. */
  private async fileOf(place: TensorPlace): Promise<string> {
    const tensor = await this.find(place);
    if (tensor === undefined) throw new InputError(`${this.path} has no tensor "${place.name}" any more.`);
    return tensor.file === basename(this.path) ? this.path : resolveInside(dirname(this.path), tensor.file);
  }
}
