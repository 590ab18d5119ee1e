/** Pictures that stand for themselves, with the colours that the theme gives them now. */

const INLINED = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-family'] as const;
/** So that the picture is sharp where it is printed. */
const DENSITY = 2;
const MARGIN = 12;
const LINE = 18;

interface Picture {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/** SVGs of a page, one below the other, under a title. */
export function pictureOf(title: string, pictures: readonly SVGSVGElement[]): Picture {
  const boxes = pictures.map(({ viewBox: { baseVal } }) => baseVal);
  const width = Math.max(...boxes.map((box) => box.width)) + 2 * MARGIN;
  const height = boxes.reduce((sum, box) => sum + box.height + MARGIN, 2 * MARGIN + LINE);
  const body = getComputedStyle(document.body);
  const root = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    root.setAttribute(name, String(value));
  root.append(
    shape('rect', { width, height, fill: plain(body.backgroundColor) }),
    shape(
      'text',
      { x: MARGIN, y: MARGIN + 12, fill: plain(body.color), 'font-size': '13px', 'font-family': 'sans-serif' },
      title,
    ),
  );
  let y = MARGIN + LINE;
  for (const picture of pictures) {
    const group = shape('g', { transform: `translate(${MARGIN} ${y})` });
    for (const child of picture.children) group.append(copyOf(child));
    root.append(group);
    y += picture.viewBox.baseVal.height + MARGIN;
  }
  return { text: new XMLSerializer().serializeToString(root), width, height };
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

/** Classes mean nothing outside the page. */
function copyOf(from: Element): Element {
  const copy = from.cloneNode(false) as Element;
  const style = getComputedStyle(from);
  for (const name of ['class', 'style', 'tabindex', 'role']) copy.removeAttribute(name);
  for (const name of INLINED) {
    const value = style.getPropertyValue(name);
    if (value !== '') copy.setAttribute(name, plain(value));
  }
  copy.append(...[...from.childNodes].map((child) => (child instanceof Element ? copyOf(child) : child.cloneNode())));
  return copy;
}

/** Mixed colours are computed as color(srgb r g b), which few other programs read. */
function plain(value: string): string {
  const found = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)/.exec(value);
  if (found === null) return value;
  const parts = found.slice(1, 4).map((part) => Math.round(255 * Number(part)));
  return `rgb(${parts.join(', ')})`;
}

export async function pngOf({ text, width, height }: Picture): Promise<Uint8Array> {
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(DENSITY * width, DENSITY * height);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: 'image/png' });
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(url);
  }
}
