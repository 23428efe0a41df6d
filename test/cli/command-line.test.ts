/** What people type, and what they are told if it is wrong. */
import { expect, test } from 'vitest';
import { UsageError } from '../../src/cli/command-error.js';
import { parseCommandLine } from '../../src/cli/command-line.js';

test('the demo has defaults for everything', () => {
  expect(parseCommandLine(['demo'])).toEqual({
    name: 'demo',
    options: { profiles: 10_000, dataFolder: '.data/demo', keep: false },
  });
});

test('import and export take their words and flags', () => {
  const address = ['--key-file', 'key', '--url', 'https://tributary.example.com/'];

  expect(parseCommandLine(['import', 'profiles', 'people.ndjson', ...address])).toEqual({
    name: 'import',
    options: { kind: 'profiles', file: 'people.ndjson', keyFile: 'key', url: 'https://tributary.example.com' },
  });
  expect(parseCommandLine(['export', 'abc', '--segments', 'a,b', '--watch', '--key-file', 'key'])).toEqual({
    name: 'export',
    options: { activationId: 'abc', segmentIds: ['a', 'b'], watch: true, keyFile: 'key', url: 'http://127.0.0.1:4000' },
  });
});

test('workspace takes what to do, and its words', () => {
  const read = (...words: string[]) => parseCommandLine(['workspace', ...words]);

  expect(read('create', 'Acme Inc.')).toEqual({ name: 'workspace', words: ['create', 'Acme Inc.'] });
  expect(read('rename', 'id', 'Acme')).toEqual({ name: 'workspace', words: ['rename', 'id', 'Acme'] });
  expect(read('list')).toEqual({ name: 'workspace', words: ['list'] });
});

test.each([[[]], [['help']], [['--help']], [['demo', '--help']]])('%j asks for help', (args) => {
  expect(parseCommandLine(args)).toEqual({ name: 'help' });
});

test.each([
  [['dance'], 'There is no command dance'],
  [['demo', '--fast'], "Unknown option '--fast'"],
  [['demo', '--watch'], 'demo takes no --watch'],
  [['demo', '--profiles', '0'], 'a whole number from 1 to 100000000'],
  [['demo', '--profiles', '1e6'], "not '1e6'"],
  [['demo', '--profiles', ''], "not ''"],
  [['demo', 'more'], 'demo is written `demo`'],
  [['import', 'people', 'file', '--key-file', 'key'], 'import takes profiles or memberships, not people'],
  [['workspace'], "workspace takes create, list or rename, not ''"],
  [['workspace', 'create'], 'workspace create <name>'],
  [['workspace', 'create', 'two', 'words'], 'workspace create <name>'],
  [['workspace', 'rename', 'id'], 'workspace rename <workspace id> <name>'],
  [['workspace', 'list', '--url', 'x'], 'workspace takes no --url'],
  [['import', 'profiles', '--key-file', 'key'], 'import <profiles or memberships> <file>'],
  [['import', 'profiles', 'file'], 'import needs --key-file'],
  [['export', 'abc', '--key-file', 'key', '--url', 'localhost'], "not 'localhost'"],
])('%j is refused with what is wrong', (args, message) => {
  const parse = () => parseCommandLine(args);

  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
