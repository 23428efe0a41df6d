import type { ExecutionResult } from 'graphql';
import { GraphQLError } from 'graphql';
import { beforeEach, expect, test } from 'vitest';
import type { LiveStream, LiveUpdate } from '../../src/graphql/live-stream.js';
import { ExecutionGroups, type Ride, type RideEnd, type Rider } from '../../src/http/execution-groups.js';
import { until } from '../support/until.js';

/** A stream that gives what the test hands it. */
class ScriptedStream implements LiveStream {
  readonly #ready: LiveUpdate[] = [];
  #wake = () => {};
  hasEnded = false;
  subject: string | null = 'events of 7';

  constructor(public liveAt: number | null) {}

  push(update: LiveUpdate): void {
    this.#ready.push(update);
    this.#wake();
  }

  end(): void {
    this.hasEnded = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<LiveUpdate>> {
    while (this.#ready.length === 0 && !this.hasEnded)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const value = this.#ready.shift();
    return value ? { done: false, value } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<LiveUpdate>> {
    this.end();
    return { done: true, value: undefined };
  }

  readonly resume = (): LiveStream => {
    throw new Error('The groups resume nothing.');
  };

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A rider that keeps what it takes. */
class Notebook implements Rider {
  readonly texts: (string | null)[] = [];
  readonly errors: string[] = [];
  keepsUp = true;

  take({ errors = [] }: ExecutionResult, json: Buffer | null): boolean {
    this.texts.push(json?.toString('utf8') ?? null);
    this.errors.push(...errors.map(({ message }) => message));
    return this.keepsUp;
  }
}

let groups: ExecutionGroups;
let executed: LiveUpdate[];
beforeEach(() => {
  groups = new ExecutionGroups();
  executed = [];
});

function board(
  stream: ScriptedStream,
  rider: Rider,
  { key = 'key', cursor = `c${stream.liveAt}` } = {},
): (Ride & { end: RideEnd | null }) | null {
  const toResult = (update: LiveUpdate) => {
    executed.push(update);
    return { data: { cursor: update.cursor ?? 'the end' } };
  };
  const ride = groups.board({ stream, cursor, key, rider, toResult });
  if (!ride) return null;
  const watched = Object.assign(ride, { end: null as RideEnd | null });
  void ride.ended.then((end) => {
    watched.end = end;
  });
  return watched;
}

const event = (number: number): LiveUpdate => ({ number, cursor: `c${number + 1}` });
const textOf = (cursor: string) => JSON.stringify({ data: { cursor } });

test('riders of one key share an execution and its encoding', async () => {
  const stream = new ScriptedStream(0);
  const riders = [new Notebook(), new Notebook(), new Notebook()];
  for (const rider of riders) board(rider === riders[0] ? stream : new ScriptedStream(0), rider);

  stream.push(event(0));
  stream.push(event(1));
  await until(() => expect(executed).toHaveLength(2));

  for (const { texts } of riders) expect(texts).toEqual([textOf('c1'), textOf('c2')]);
});

test('the stream of who finds a group is ended, the one of who opened it lives as long as somebody rides', async () => {
  const [first, second] = [new ScriptedStream(0), new ScriptedStream(0)];
  const rides = [board(first, new Notebook()), board(second, new Notebook())];

  expect([first.hasEnded, second.hasEnded]).toEqual([false, true]);
  rides[0]?.leave();
  expect(first.hasEnded).toBe(false);
  rides[1]?.leave();
  expect(first.hasEnded).toBe(true);
  await until(() => expect(rides.map((ride) => ride?.end)).toEqual([{ kind: 'ENDED' }, { kind: 'ENDED' }]));
});

test('another key or subject is another group', async () => {
  const stream = new ScriptedStream(0);
  const [ofKey, ofSubject] = [new ScriptedStream(0), new ScriptedStream(0)];
  ofSubject.subject = 'events of 8';
  const others = [new Notebook(), new Notebook()] as const;
  board(stream, new Notebook());
  board(ofKey, others[0], { key: 'other' });
  board(ofSubject, others[1]);

  stream.push(event(0));
  await until(() => expect(executed).toHaveLength(1));

  expect([ofKey.hasEnded, ofSubject.hasEnded]).toEqual([false, false]);
  expect(others.map(({ texts }) => texts)).toEqual([[], []]);
});

test('who is ahead of the group gets only what is new to it', async () => {
  const stream = new ScriptedStream(0);
  const [first, ahead] = [new Notebook(), new Notebook()];
  board(stream, first);
  stream.push(event(0));
  stream.push(event(1));
  stream.push(event(2));
  board(new ScriptedStream(2), ahead);
  await until(() => expect(executed).toHaveLength(3));

  expect(first.texts).toEqual([textOf('c1'), textOf('c2'), textOf('c3')]);
  expect(ahead.texts).toEqual([textOf('c3')]);
});

test('a sign of life goes to who is level with it, and to nobody who is ahead', async () => {
  const stream = new ScriptedStream(4);
  const [level, ahead] = [new Notebook(), new Notebook()];
  board(stream, level);
  board(new ScriptedStream(5), ahead);

  stream.push({ number: 4, cursor: 'c4' });
  await until(() => expect(level.texts).toEqual([textOf('c4')]));

  expect(ahead.texts).toEqual([]);
});

test('what only those ahead would get is not executed, but passed', async () => {
  const stream = new ScriptedStream(0);
  const [first, ahead] = [new Notebook(), new Notebook()];
  const ride = board(stream, first);
  board(new ScriptedStream(2), ahead);
  ride?.leave();

  stream.push(event(0));
  stream.push(event(1));
  stream.push(event(2));
  await until(() => expect(ahead.texts).toEqual([textOf('c3')]));

  expect(executed).toEqual([event(2)]);
});

test('who leaves too much unread gets out with the cursor of what it took last', async () => {
  const stream = new ScriptedStream(0);
  const [slow, fast] = [new Notebook(), new Notebook()];
  const ride = board(stream, slow);
  board(new ScriptedStream(0), fast);
  stream.push(event(0));
  await until(() => expect(executed).toHaveLength(1));

  slow.keepsUp = false;
  stream.push(event(1));
  stream.push(event(2));
  await until(() => expect(fast.texts).toHaveLength(3));

  expect(slow.texts).toEqual([textOf('c1'), textOf('c2')]);
  expect(ride?.end).toEqual({ kind: 'LEFT', cursor: 'c2' });
});

test('an update out of the order goes to who is level; who is ahead gets out where it was, and nobody boards', async () => {
  const stream = new ScriptedStream(0);
  const [level, ahead] = [new Notebook(), new Notebook()];
  board(stream, level);
  stream.push(event(0));
  await until(() => expect(executed).toHaveLength(1));
  const ride = board(new ScriptedStream(3), ahead, { cursor: 'c3' });

  stream.push({ number: null, cursor: 'r2' });
  await until(() => expect(level.texts).toEqual([textOf('c1'), textOf('r2')]));

  expect(ride?.end).toEqual({ kind: 'LEFT', cursor: 'c3' });
  expect(ahead.texts).toEqual([]);
  expect(board(new ScriptedStream(3), ahead)).toBeNull();

  stream.push(event(5));
  await until(() => expect(level.texts).toHaveLength(3));
  expect(board(new ScriptedStream(6), ahead)).not.toBeNull();
});

test('the named end reaches all, also the slow, and then the ride is over', async () => {
  const stream = new ScriptedStream(0);
  const riders = [new Notebook(), new Notebook()];
  const rides = [board(stream, riders[0] ?? new Notebook()), board(new ScriptedStream(0), riders[1] ?? new Notebook())];
  stream.push(event(0));
  await until(() => expect(executed).toHaveLength(1));

  for (const rider of riders) rider.keepsUp = false;
  stream.push({ number: null });
  stream.end();
  await until(() => expect(rides.map((ride) => ride?.end)).toEqual([{ kind: 'ENDED' }, { kind: 'ENDED' }]));

  for (const { texts } of riders) expect(texts).toEqual([textOf('c1'), textOf('the end')]);
});

test('a result with errors is told to each in its own way', async () => {
  const stream = new ScriptedStream(0);
  const riders = [new Notebook(), new Notebook()];
  for (const rider of riders)
    groups.board({
      stream: rider === riders[0] ? stream : new ScriptedStream(0),
      cursor: 'c0',
      key: 'key',
      rider,
      toResult: () => ({ data: null, errors: [new GraphQLError('refused')] }),
    });

  stream.push(event(0));

  await until(() => expect(riders.map(({ errors }) => errors)).toEqual([['refused'], ['refused']]));
  expect(riders.map(({ texts }) => texts)).toEqual([[null], [null]]);
});

test('after an execution that breaks all go on alone', async () => {
  const stream = new ScriptedStream(0);
  const ride = groups.board({
    stream,
    cursor: 'c0',
    key: 'key',
    rider: new Notebook(),
    toResult: () => Promise.reject(new Error('broken')),
  });

  stream.push(event(0));

  expect(await ride?.ended).toEqual({ kind: 'LEFT', cursor: 'c0' });
  expect(stream.hasEnded).toBe(true);
  expect(board(new ScriptedStream(1), new Notebook())).not.toBeNull();
});

test.each([
  ['is behind', { subject: 'events of 7', liveAt: null }],
  ['is nobody else’s', { subject: null, liveAt: 3 }],
])('a stream that %s goes on alone', (_what, state) => {
  expect(board(Object.assign(new ScriptedStream(0), state), new Notebook(), { cursor: 'c0' })).toBeNull();
});
