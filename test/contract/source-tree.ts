/** The source tree as the contract tests read it: its files, and what each imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

/** The folder of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** One import, re-export or `import()` of a file. */
export interface SourceImport {
  /** As written. */
  readonly specifier: string;
  /** Path from the root for relative specifiers, such as `src/storage/lanes.ts`; else null. */
  readonly target: string | null;
  /** Whether nothing of it is left when types are erased. */
  readonly isTypeOnly: boolean;
}

/** A TypeScript file. */
export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
}

/** Paths of all files under a folder of the checkout, from the root, sorted; nothing of what tools generate. */
export function listFiles(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths
    .map((path) => relative(ROOT, path).split(sep).join('/'))
    .filter((path) => !/(^|\/)(node_modules|dist|generated)\//.test(path))
    .sort();
}

/** The text of a file, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Reads every TypeScript file under a folder, generated ones left out. */
export function readSourceFiles(folder: string): SourceFile[] {
  const paths = listFiles(folder).filter((path) => /\.tsx?$/.test(path));
  return paths.map((path) => {
    const text = readText(path);
    return { path, text, imports: findImports(path, text) };
  });
}

/** Finds the imports of a file's text. They are read, not parsed: TypeScript 7 has no parser to call. */
export function findImports(path: string, text: string): SourceImport[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return FORMS.flatMap((form) => [...code.matchAll(form)]).map(({ groups }) => {
    const { clause = '', specifier = '' } = groups ?? {};
    return { specifier, target: resolveTarget(path, specifier), isTypeOnly: isTypeClause(clause) };
  });
}

const FORMS: readonly RegExp[] = [
  /^(?:import|export)\s+(?<clause>[^'"();=]*?)\s*\bfrom\s*['"](?<specifier>[^'"]+)['"]/gm,
  /^import\s*['"](?<specifier>[^'"]+)['"]/gm,
  /\bimport\(\s*['"](?<specifier>[^'"]+)['"]/g,
];

/** `type { … }`, `type * as name`, or braces in which every name has its own `type`. */
function isTypeClause(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const names = /^\{(?<names>[^}]*)\}$/.exec(clause)?.groups?.['names'];
  const specifiers = names?.split(',').filter((name) => name.trim());
  return specifiers?.every((name) => /^\s*type\s/.test(name)) ?? false;
}

function resolveTarget(path: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix
    .join(posix.dirname(path), specifier)
    .replace(/\.js$/, '.ts')
    .replace(/\.jsx$/, '.tsx');
}
