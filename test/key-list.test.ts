import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../src/config.js';
import { parseKeyList, readKeyFile } from '../src/key-list.js';

const [a, b] = [randomBytes(32), randomBytes(32)];
const [textA, textB] = [a.toString('base64'), b.toString('base64')];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeKeys(text: string, mode: number): Promise<string> {
  const path = join(folder, 'keys');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

test.each([',', ' ', '\n', '\r\n', ' ,\n'])('keys are separated by %j, and the first one is current', (separator) => {
  expect(parseKeyList(`2026-11:${textA}${separator}default:${textB}${separator}`)).toEqual({
    currentId: '2026-11',
    keys: new Map([
      ['2026-11', a],
      ['default', b],
    ]),
  });
});

test('a key that KMS has encrypted stands with the ARN of the key that did it', () => {
  const kmsKeyArn = 'arn:aws-cn:kms:cn-north-1:123456789012:alias/tributary/keys';

  expect(parseKeyList(`a:${kmsKeyArn}:AQID,b:${textB}`)).toEqual({
    currentId: 'a',
    keys: new Map<string, unknown>([
      ['a', { kmsKeyArn, ciphertext: Buffer.from([1, 2, 3]) }],
      ['b', b],
    ]),
  });
});

test.each([
  ['', 'holds no key'],
  [`a:arn:aws:kms:eu-west-1:123456789012:key/1`, 'has no `id:key` as entry 1'],
  [`a:arn:aws:s3:eu-west-1:123456789012:key/1:AQID`, 'has no `id:key` as entry 1'],
  [`a:arn:aws:kms:eu-west-1:123:key/1:AQID`, 'has no `id:key` as entry 1'],
  [textA, 'has no `id:key` as entry 1'],
  [`a:${textA},:${textB}`, 'has no `id:key` as entry 2'],
  [`a b:${textA}`, 'has no `id:key` as entry 1'],
  [`a:${textA.slice(4)}`, 'has 29 bytes as the key of entry 1'],
  [`a:${textA},a:${textB}`, 'repeats an id with entry 2'],
  [`a:${textA},b:${textA}`, 'repeats a key with entry 2'],
])('the list %#, which is wrong, is refused by the number of its entry, and no key is repeated', (list, message) => {
  expect(() => parseKeyList(list)).toThrow(new RegExp(`^${message}$`));
});

test.each([0o600, 0o400, 0o640])('a file of mode %o is read', async (mode) => {
  const path = await writeKeys(`a:${textA}\n`, mode);

  expect(readKeyFile(path).keys.get('a')).toEqual(a);
  expect(readConfig({ ENCRYPTION_KEYS_FILE: path }).encryptionKeys?.currentId).toBe('a');
});

test.each([0o644, 0o604, 0o660, 0o602])('a file of mode %o is refused: it is open to others', async (mode) => {
  const path = await writeKeys(`a:${textA}\n`, mode);

  expect(() => readKeyFile(path)).toThrow(`is open to others (mode 0${mode.toString(8)})`);
});

test('a fault of the file or the list is a fault of its variable, without a key', async () => {
  const path = await writeKeys(`${textA}\n`, 0o600);
  const faultsOf = (environment: Record<string, string>) => {
    try {
      readConfig(environment);
      return '';
    } catch (error) {
      return String(error);
    }
  };

  expect(faultsOf({ ENCRYPTION_KEYS_FILE: join(folder, 'none') })).toMatch(/ENCRYPTION_KEYS_FILE: .*cannot be read/);
  const faults = [faultsOf({ ENCRYPTION_KEYS_FILE: path }), faultsOf({ ENCRYPTION_KEYS: textA })];
  expect(faults[0]).toMatch(/ENCRYPTION_KEYS_FILE: .*has no `id:key` as entry 1. Allowed: /);
  expect(faults[1]).toMatch(/ENCRYPTION_KEYS: has no `id:key` as entry 1. Allowed: /);
  expect(faults.join()).not.toContain(textA);
  expect(faultsOf({ ENCRYPTION_KEY: textA, ENCRYPTION_KEYS: `a:${textA}` })).toContain('is given beside');
});
