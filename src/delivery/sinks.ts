/** One producer and keep-alive client for each destination, made anew when its settings or its secret change. */

import { createKinesisClient, type KinesisConnection } from '../kinesis/client.js';
import { createProducer, type Producer } from '../kinesis/producer.js';
import type { DeliveryTarget } from '../storage/delivery-target.js';

/** Opens a credential's secret. @throws if it was sealed for another credential or with another key. */
export type OpenSecret = (target: DeliveryTarget) => string;

/** Producers by destination. */
export interface Sinks extends Disposable {
  /** The producer for a destination as the page read it; the previous one is closed once the calls under way are over. */
  producerFor(target: DeliveryTarget): Producer;
}

/** What sinks need. */
export interface SinkOptions {
  openSecret: OpenSecret;
  /** Another address than AWS's, only by the operator: the sandbox, a private endpoint. */
  endpoint?: string;
  /** Asked before each PutRecords attempt: whether the worker's lease has time left. */
  mayAttempt: () => boolean;
}

interface Sink {
  name: string;
  connection: KinesisConnection;
  producer: Producer;
  callsUnderWay: number;
  retired: boolean;
}

/** Makes the set of sinks of one process. */
export function createSinks(options: SinkOptions): Sinks {
  const sinks = new Map<number, Sink>();
  return {
    producerFor(target) {
      const name = `${target.version}/${target.credential.id}/${target.credential.secretVersion}`;
      const current = sinks.get(target.destinationId);
      if (current?.name === name) return counted(current);
      if (current) retire(current);
      const sink = openSink(target, { name, options });
      sinks.set(target.destinationId, sink);
      return counted(sink);
    },
    [Symbol.dispose]() {
      for (const sink of sinks.values()) sink.connection.destroy();
      sinks.clear();
    },
  };
}

function openSink(target: DeliveryTarget, context: { name: string; options: SinkOptions }): Sink {
  const { options } = context;
  const connection = createKinesisClient({
    region: target.region,
    credentials: { accessKeyId: target.credential.accessKeyId, secretAccessKey: options.openSecret(target) },
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
  });
  const producer = createProducer({
    putRecords: connection.putRecords,
    stream: target.stream,
    mayAttempt: options.mayAttempt,
  });
  return { name: context.name, connection, producer, callsUnderWay: 0, retired: false };
}

function counted(sink: Sink): Producer {
  return {
    async produce(records, signal) {
      sink.callsUnderWay += 1;
      try {
        return await sink.producer.produce(records, signal);
      } finally {
        sink.callsUnderWay -= 1;
        if (sink.retired && sink.callsUnderWay === 0) sink.connection.destroy();
      }
    },
  };
}

function retire(sink: Sink): void {
  sink.retired = true;
  if (sink.callsUnderWay === 0) sink.connection.destroy();
}
