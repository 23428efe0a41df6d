import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GraphQLError, Source } from 'graphql';
import { expect, test } from 'vitest';
import { createLog, SECRET_FIELDS } from '../src/log.js';

const CANARY = 'canary-7f3a';

function logLines(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog('trace', { write: (line) => void lines.push(line) }));
  return lines.join('');
}

test.each(SECRET_FIELDS)('the field %s is never written, down to two levels', (field) => {
  const secret = { [field]: CANARY };

  const text = logLines((log) => log.info({ ...secret, request: { ...secret, headers: secret } }, 'said'));

  expect(text).toContain('said');
  expect(text).toContain('[hidden]');
  expect(text).not.toContain(CANARY);
});

test('of an error only its name, message, code, stack and cause are written', () => {
  const cause = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: `Key (name)=(${CANARY})`,
    where: CANARY,
  });

  const text = logLines((log) => log.error({ err: new Error('insert failed', { cause }) }, 'failed'));

  expect(JSON.parse(text).err).toMatchObject({
    message: 'insert failed',
    stack: expect.stringContaining('log.test.ts'),
    cause: { message: 'duplicate key', code: '23505' },
  });
  expect(text).not.toContain(CANARY);
});

test("a GraphQL error's source, the client's request, is not written", () => {
  const error = new GraphQLError('wrong', { source: new Source(CANARY), positions: [0] });

  expect(logLines((log) => log.error({ err: error }, 'failed'))).not.toContain(CANARY);
});

test('what is no error is written by its text', () => {
  expect(JSON.parse(logLines((log) => log.error({ err: 'thrown text' }, 'failed'))).err).toMatchObject({
    type: 'string',
    message: 'thrown text',
  });
});

test('lines stand in their order, the last one of a process that ends at once too', async () => {
  const log = join(import.meta.dirname, '..', 'src', 'log.ts');
  const program = `
    import { pbkdf2 } from 'node:crypto';
    import { createLog } from ${JSON.stringify(log)};
    // All threads have something to do: what is written in the background waits for them.
    for (let task = 0; task < 4; task += 1) pbkdf2('password', 'salt', 100_000, 64, 'sha512', () => {});
    const log = createLog('info');
    log.info('stopping');
    log.info('stopped');
    process.exit(0);`;
  const args = ['--import', '@oxc-node/core/register', '--input-type=module', '--eval', program];

  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(import.meta.dirname, '..') });

  expect(stdout.match(/stopp\w+/g)).toEqual(['stopping', 'stopped']);
});
