/** Processes that are spoken to: each message gets one answer. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

/** A process that answers; disposing ends it. */
export interface Talker extends AsyncDisposable {
  readonly pid: number;
  /** Sends a message and waits for its answer. */
  ask(message: object): Promise<unknown>;
  /** Sends a message that has no answer. */
  tell(message: object): void;
}

const Envelope = z.object({ id: z.number(), content: z.unknown() });

/** Of what is told and not asked. */
const NO_ANSWER = 0;

/** Starts a file of this folder as a process. */
export function startTalker(file: string, nodeArgs: readonly string[] = []): Talker {
  const child = fork(`${import.meta.dirname}/${file}`, [], { execArgv: [...nodeArgs] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} has ended.`);
  });
  ended.catch(() => {});
  const waiting = new Map<number, (answer: unknown) => void>();
  child.on('message', (message) => {
    const { id, content } = Envelope.parse(message);
    waiting.get(id)?.(content);
    waiting.delete(id);
  });
  let asked = NO_ANSWER;
  return {
    pid: child.pid ?? 0,
    async ask(content) {
      asked += 1;
      const answer = new Promise((resolve) => waiting.set(asked, resolve));
      child.send({ id: asked, content });
      return await Promise.race([answer, ended]);
    },
    tell: (content) => void child.send({ id: NO_ANSWER, content }),
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended.catch(() => {});
    },
  };
}

/** Answers messages in a process that {@link startTalker} started, until nobody is there any more. */
export function answerMessages(answer: (message: unknown) => unknown): void {
  process.on('message', async (message) => {
    const { id, content } = Envelope.parse(message);
    const found = await answer(content);
    if (id !== NO_ANSWER) process.send?.({ id, content: found ?? null });
  });
  process.on('disconnect', () => process.exit());
}
