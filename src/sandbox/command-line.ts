/** The arguments of the sandbox as its own process. */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseFaultRules } from './fault-rules.js';
import type { LedgerData } from './ledger.js';
import type { SandboxOptions } from './sandbox.js';
import type { Limits } from './throughput.js';

/** What a command line asks for. */
export interface CommandLine {
  readonly options: SandboxOptions;
  /** Streams to create at the start. */
  readonly streams: readonly { readonly name: string; readonly shards: number }[];
}

const FLAGS = {
  port: { type: 'string', default: '0' },
  host: { type: 'string', default: '127.0.0.1' },
  account: { type: 'string', default: '000000000000' },
  limits: { type: 'string', default: 'aws' },
  'retain-bytes': { type: 'string', default: String(64 * 1024 * 1024) },
  ledger: { type: 'string' },
  'ledger-data': { type: 'string', default: 'full' },
  faults: { type: 'string' },
  seed: { type: 'string', default: '1' },
  'access-key': { type: 'string', multiple: true },
  stream: { type: 'string', multiple: true },
} as const;

/**
 * Parses the arguments after the script's name:
 * `--port --host --account --limits aws|off|<records/s>,<bytes/s> --retain-bytes --ledger <path>
 * --ledger-data full|hash|none --faults <json file> --seed`, and as often as needed `--access-key <id>`,
 * `--stream <name>:<shards>`.
 * @throws {Error} naming the flag that is unknown or malformed.
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  const accessKeyIds = values['access-key'];
  return {
    streams: (values.stream ?? []).map(parseStream),
    options: {
      port: parseInteger('port', values.port),
      host: values.host,
      accountId: values.account,
      limits: parseLimits(values.limits),
      retainBytes: parseInteger('retain-bytes', values['retain-bytes']),
      seed: parseInteger('seed', values.seed),
      ledger: {
        data: parseLedgerData(values['ledger-data']),
        ...(values.ledger === undefined ? {} : { path: values.ledger }),
      },
      faults: values.faults === undefined ? [] : parseFaultRules(JSON.parse(readFileSync(values.faults, 'utf8'))),
      ...(accessKeyIds ? { accessKeyIds } : {}),
    },
  };
}

function parseStream(text: string): { name: string; shards: number } {
  const [name = '', shards = '1'] = text.split(':');
  return { name, shards: parseInteger('stream', shards) };
}

function parseLimits(text: string): Limits {
  if (text === 'aws' || text === 'off') {
    return text;
  }
  const [recordsPerSecond = '', bytesPerSecond = ''] = text.split(',');
  return {
    recordsPerSecond: parseInteger('limits', recordsPerSecond),
    bytesPerSecond: parseInteger('limits', bytesPerSecond),
  };
}

function parseLedgerData(text: string): LedgerData {
  if (text === 'full' || text === 'hash' || text === 'none') {
    return text;
  }
  throw new Error(`--ledger-data ${text} is not one of full, hash, none.`);
}

function parseInteger(flag: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new Error(`--${flag} needs a whole number where it says '${text}'.`);
  }
  return Number(text);
}
