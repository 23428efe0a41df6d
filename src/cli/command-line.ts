/** The arguments of the command `tributary`. */

import { parseArgs } from 'node:util';
import { UsageError } from './command-error.js';

/** Where the API is and who asks. */
export interface ApiAddress {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** File that holds an API key and nothing else: arguments are seen by everyone on the machine. */
  readonly keyFile: string;
}

/** What a command line asks for. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'demo'; readonly options: DemoOptions }
  | { readonly name: 'import'; readonly options: ImportOptions }
  | { readonly name: 'export'; readonly options: ExportOptions }
  | { readonly name: 'rewrap' }
  | { readonly name: 'workspace'; readonly words: WorkspaceWords };

/** What to do with workspaces. The id is a global one. */
export type WorkspaceWords =
  | readonly ['create', name: string]
  | readonly ['list']
  | readonly ['rename', id: string, name: string];

/** How the demo runs. */
export interface DemoOptions {
  /** Profiles to generate, 1 to 100,000,000. */
  readonly profiles: number;
  /** Where the demo keeps its database and its key. */
  readonly dataFolder: string;
  /** Whether the server goes on until Ctrl-C. */
  readonly keep: boolean;
}

/** What to import. */
export interface ImportOptions extends ApiAddress {
  readonly kind: 'profiles' | 'memberships';
  /** NDJSON, one object a line. */
  readonly file: string;
}

/** What to export. */
export interface ExportOptions extends ApiAddress {
  /** Global id. */
  readonly activationId: string;
  /** Customer's ids; null means all segments of the activation. */
  readonly segmentIds: readonly string[] | null;
  /** Whether to follow it to its end. */
  readonly watch: boolean;
}

/** What `--help` prints. */
export const USAGE = `Usage:
  tributary demo [--profiles 10000] [--data-folder .data/demo] [--keep]
      Starts everything on this machine and takes generated profiles into a local stream.
  tributary import profiles|memberships <file> --key-file <file> [--url http://127.0.0.1:4000]
      Sends an NDJSON file, and names the lines that are refused.
  tributary export <activation id> --key-file <file> [--segments a,b] [--watch] [--url http://127.0.0.1:4000]
      Starts an export; with --watch follows it to its end.
  tributary rewrap
      Puts all stored secrets under the current encryption key; takes the environment of the servers.
  tributary workspace create <name> | list | rename <workspace id> <name>
      Makes a workspace and prints its first ADMIN key, once; takes the environment of the servers.

--key-file names a file that holds an API key.`;

const MAX_DEMO_PROFILES = 100_000_000;

const FLAGS = {
  help: { type: 'boolean', short: 'h', default: false },
  profiles: { type: 'string' },
  'data-folder': { type: 'string' },
  keep: { type: 'boolean' },
  url: { type: 'string' },
  'key-file': { type: 'string' },
  segments: { type: 'string' },
  watch: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof readArguments>['values'];

/** Flags that each command takes. */
const ALLOWED: Readonly<Record<Exclude<Command['name'], 'help'>, readonly string[]>> = {
  demo: ['profiles', 'data-folder', 'keep'],
  import: ['url', 'key-file'],
  export: ['url', 'key-file', 'segments', 'watch'],
  rewrap: [],
  workspace: [],
};

/**
 * Parses the arguments after the script's name.
 * @throws {UsageError} naming what is unknown, missing or malformed.
 */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = readArguments(args);
  const [name, ...rest] = positionals;
  if (values.help || name === undefined || name === 'help') return { name: 'help' };
  if (name !== 'demo' && name !== 'import' && name !== 'export' && name !== 'rewrap' && name !== 'workspace') {
    throw new UsageError(`There is no command ${name}: use demo, import, export, rewrap or workspace.`);
  }
  checkFlags(name, values);
  if (name === 'rewrap') return readRewrap(rest);
  if (name === 'workspace') return { name, words: readWorkspace(rest) };
  if (name === 'demo') return { name, options: readDemo(rest, values) };
  if (name === 'import') return { name, options: readImport(rest, values) };
  return { name, options: readExport(rest, values) };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function checkFlags(name: keyof typeof ALLOWED, values: Flags): void {
  const given = Object.keys(values).filter((flag) => flag !== 'help');
  const stray = given.find((flag) => !ALLOWED[name].includes(flag));
  if (!stray) return;
  const allowed = ALLOWED[name].map((flag) => `--${flag}`).join(', ');
  throw new UsageError(`${name} takes no --${stray}; it takes ${allowed || 'no flags'}.`);
}

function readDemo(rest: readonly string[], values: Flags): DemoOptions {
  expectWords('demo', rest, []);
  const text = values.profiles ?? '10000';
  const profiles = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (profiles < 1 || profiles > MAX_DEMO_PROFILES) {
    throw new UsageError(`--profiles (DEMO_PROFILES) is a whole number from 1 to ${MAX_DEMO_PROFILES}, not '${text}'.`);
  }
  return { profiles, dataFolder: values['data-folder'] ?? '.data/demo', keep: values.keep ?? false };
}

function readImport(rest: readonly string[], values: Flags): ImportOptions {
  const [kind = '', file = ''] = expectWords('import', rest, ['profiles or memberships', 'file']);
  if (kind !== 'profiles' && kind !== 'memberships') {
    throw new UsageError(`import takes profiles or memberships, not ${kind}.`);
  }
  return { kind, file, ...readAddress('import', values) };
}

function readExport(rest: readonly string[], values: Flags): ExportOptions {
  const [activationId = ''] = expectWords('export', rest, ['activation id']);
  const segmentIds = values.segments?.split(',').filter((id) => id !== '') ?? null;
  return { activationId, segmentIds, watch: values.watch ?? false, ...readAddress('export', values) };
}

function readRewrap(rest: readonly string[]): Command {
  expectWords('rewrap', rest, []);
  return { name: 'rewrap' };
}

function readWorkspace([action = '', ...rest]: readonly string[]): WorkspaceWords {
  if (action === 'list') {
    expectWords('workspace list', rest, []);
    return ['list'];
  }
  if (action === 'create') {
    const [name = ''] = expectWords('workspace create', rest, ['name']);
    return ['create', name];
  }
  if (action !== 'rename') throw new UsageError(`workspace takes create, list or rename, not '${action}'.`);
  const [id = '', name = ''] = expectWords('workspace rename', rest, ['workspace id', 'name']);
  return ['rename', id, name];
}

function expectWords(command: string, given: readonly string[], wanted: readonly string[]): readonly string[] {
  if (given.length === wanted.length) return given;
  const form = wanted.map((word) => ` <${word}>`).join('');
  throw new UsageError(
    `${command} is written \`${command}${form}\` with flags; given: ${given.length} word(s) after it.`,
  );
}

function readAddress(command: string, values: Flags): ApiAddress {
  const url = values.url ?? 'http://127.0.0.1:4000';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--url is like http://127.0.0.1:4000, not '${url}'.`);
  }
  const keyFile = values['key-file'];
  if (!keyFile) throw new UsageError(`${command} needs --key-file: a file that holds an API key.`);
  return { url: url.replace(/\/+$/, ''), keyFile };
}
