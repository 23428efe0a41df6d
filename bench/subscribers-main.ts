/** The subscribers of `subscribe` as a process. */

import { z } from 'zod';
import { Crowd } from './subscriber-crowd.js';
import { answerMessages } from './talk.js';

const Greeting = z.object({
  authorization: z.string(),
  query: z.string(),
  variables: z.record(z.string(), z.unknown()),
});

const Order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), url: z.string(), count: z.number(), greeting: Greeting.nullable() }),
  z.object({ kind: z.literal('count') }),
  z.object({ kind: z.literal('report'), sentAt: z.array(z.tuple([z.number(), z.number()])) }),
  z.object({ kind: z.literal('close') }),
]);

const crowd = new Crowd();

answerMessages((message) => {
  const order = Order.parse(message);
  switch (order.kind) {
    case 'open':
      return crowd.open(order.url, order.count, order.greeting);
    case 'count':
      return crowd.messages;
    case 'report':
      return crowd.report(new Map(order.sentAt));
    case 'close':
      return crowd.close();
  }
});
