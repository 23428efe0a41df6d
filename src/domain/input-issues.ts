/** Collects the faults of an input, so that a form shows them all at once. */

import { type InputIssue, InvalidInputError, type UserErrorCode } from './user-error.js';

/** More faults than this are not reported. */
const MAX_ISSUES = 100;

/** Faults found so far. */
export class InputIssues {
  readonly #issues: InputIssue[] = [];

  /** @param root what the paths given are below: a mutation's `input`; nothing in a query. */
  constructor(private readonly root: readonly string[] = ['input']) {}

  /** Adds a fault; the path is given below the root. */
  add(code: UserErrorCode, path: string | string[], message: string): void {
    if (this.#issues.length < MAX_ISSUES) this.#issues.push({ code, message, path: [...this.root, ...[path].flat()] });
  }

  /** Checks a text's length in characters (code points); also refuses NUL and lone surrogates, which cannot be stored. */
  checkText(path: string | string[], value: string, bounds: { min: number; max: number }): void {
    const field = [path].flat().join('.');
    if (value.includes('\0') || !value.isWellFormed()) {
      this.add('MALFORMED', path, `\`${field}\` holds a NUL or half a surrogate pair; send valid Unicode text.`);
      return;
    }
    // A text has at least half as many characters as UTF-16 units: most need no counting.
    if (value.length <= bounds.max && value.length >= 2 * bounds.min) return;
    const length = [...value].length;
    if (length === 0 && bounds.min > 0)
      this.add('REQUIRED', path, `\`${field}\` is empty; give ${range(bounds)} characters.`);
    else if (length < bounds.min || length > bounds.max)
      this.add('OUT_OF_RANGE', path, `\`${field}\` has ${length} characters; give ${range(bounds)}.`);
  }

  /** How many faults were found. */
  get count(): number {
    return this.#issues.length;
  }

  /** The faults found, in the order they were added. */
  get all(): InputIssue[] {
    return [...this.#issues];
  }

  /** @throws {InvalidInputError} if any fault was found. */
  throwIfAny(): void {
    if (this.#issues.length > 0) throw new InvalidInputError(this.#issues);
  }
}

/** Takes the `input` off the paths, which mutations have, and lines and queries do not. */
export function belowInput(issues: readonly InputIssue[]): InputIssue[] {
  return issues.map((issue) => ({ ...issue, path: issue.path.slice(1) }));
}

function range(bounds: { min: number; max: number }): string {
  return bounds.min === bounds.max ? `${bounds.min}` : `${bounds.min}–${bounds.max}`;
}
