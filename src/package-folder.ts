/** Where this package is. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Its folder: the nearest one with a package.json, from the sources, from what was compiled, and from the bundle alike. */
export function findPackageFolder(from: string = import.meta.dirname): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`No folder above ${import.meta.dirname} has a package.json: install it whole.`);
  return findPackageFolder(parent);
}
