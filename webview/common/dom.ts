/** Builds elements from text only: names of tensors and paths are strangers' words and never become markup. */
export type Child = Node | string;

type Attributes = Readonly<Record<string, string | number>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

export function fill<E extends Element>(made: E, attributes: Attributes, children: readonly Child[] = []): E {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Replaces what the page shows. */
export function render(...children: Child[]): void {
  const app = document.getElementById('app');
  if (app === null) throw new Error('the page has no #app');
  app.replaceChildren(...children);
  app.setAttribute('aria-busy', 'false');
}
