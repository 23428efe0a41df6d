import { expect, test } from 'vitest';
import { Closer } from '../src/closer.js';

test('parts are closed last first, each before the next, and once', async () => {
  const order: string[] = [];
  const closer = new Closer();
  closer.defer(() => void order.push('database'));
  const part = closer.use({
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
      order.push('server');
    },
  });
  closer.use({ [Symbol.dispose]: () => void order.push('engine') });

  await closer[Symbol.asyncDispose]();
  await closer[Symbol.asyncDispose]();

  expect(part).toBeDefined();
  expect(order).toEqual(['engine', 'server', 'database']);
});

test('a part that fails to close holds up none, and its failure is told', async () => {
  const order: string[] = [];
  const closer = new Closer();
  closer.defer(() => void order.push('database'));
  closer.defer(() => Promise.reject(new Error('stuck')));

  await expect(closer[Symbol.asyncDispose]()).rejects.toThrow('stuck');

  expect(order).toEqual(['database']);
});

test('of several failures none is lost', async () => {
  const closer = new Closer();
  closer.defer(() => Promise.reject(new Error('one')));
  closer.defer(() => Promise.reject(new Error('two')));

  await expect(closer[Symbol.asyncDispose]()).rejects.toMatchObject({ errors: [new Error('two'), new Error('one')] });
});
