import { basename, isAbsolute, relative, sep } from 'node:path';

/** A name, not a path: what tasks, indexes and other strangers' files may say below a folder. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && basename(name) === name && !/[\\/:\0]/.test(name);
}

/** Whether an absolute path is the folder or lies below it, by its words: links are the caller's to resolve. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  // On Windows the way to another drive is absolute.
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
