/**
 * The opponent of live delivery: the bare pipe that its own users would write. A trigger hands each changed row to
 * NOTIFY, one session listens, and what has come is put into the stream, at most 500 a call, one call after the other,
 * what was rejected again. No rules, no books, and nothing survives a restart.
 */

import { KinesisClient, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import pg from 'pg';

const CALL_RECORDS = 500;

/** The table and trigger that the pipe is fed from. */
export const PIPE_SCHEMA = `
  create table customer (profile_id text primary key, attributes jsonb not null);
  create function tell_change() returns trigger language plpgsql as $$
    begin
      perform pg_notify('customer_change', row_to_json(new)::text);
      return null;
    end
  $$;
  create trigger customer_change after update on customer for each row execute function tell_change();
`;

/** Pipes changes into a stream until the database ends the session. @param ready called once it listens. */
export async function runListenPipe(
  options: { connection: string; endpoint: string; stream: string },
  ready: () => void,
): Promise<void> {
  const kinesis = new KinesisClient({
    region: 'us-east-1',
    endpoint: options.endpoint,
    credentials: { accessKeyId: 'AKIABENCHBENCHBENCH0', secretAccessKey: 'x'.repeat(40) },
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: true } }),
  });
  const session = new pg.Client(options.connection);
  await session.connect();
  const waiting: string[] = [];
  let wake = () => {};
  let hasEnded = false;
  session.on('notification', ({ payload = '' }) => {
    waiting.push(payload);
    wake();
  });
  session.on('end', () => {
    hasEnded = true;
    wake();
  });
  await session.query('listen customer_change');
  ready();
  while (!hasEnded) {
    if (waiting.length > 0) await putAll(kinesis, options.stream, waiting.splice(0, CALL_RECORDS));
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

async function putAll(kinesis: KinesisClient, stream: string, rows: readonly string[]): Promise<void> {
  let records: PutRecordsRequestEntry[] = rows.map((row) => ({ Data: Buffer.from(row), PartitionKey: readKey(row) }));
  while (records.length > 0) {
    const { Records: results = [] } = await kinesis.send(
      new PutRecordsCommand({ StreamName: stream, Records: records }),
    );
    records = records.filter((_, index) => results[index]?.SequenceNumber === undefined);
  }
}

function readKey(row: string): string {
  const { profile_id: key }: { profile_id: string } = JSON.parse(row);
  return key;
}
