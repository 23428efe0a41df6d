/**
 * `live`: from the commit of a change to its record in the stream, as a consumer outside sees it, at 100, 500 and 2,000
 * changes a second unless told: the whole product against a bare pipe (a trigger's NOTIFY → PutRecords), same rates, same sandbox,
 * one after the other in each round; each rate has a fresh pair, and a stream that is as large as it needs. Time runs from the
 * write's answer to the GetRecords answer that holds the record; the consumer's polling is in it, and nothing is subtracted.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sendChanges } from './change-load.js';
import { type Contestant, startPipe, startProduct, type Track } from './contestant.js';
import { median, percentile, round2, startSink } from './harness.js';
import { watchStream } from './stream-watch.js';

const STREAM = 'live';
/** A shard takes 1,000: with half of that no change waits for it, and polling them does not take the CPU that is to be measured. */
const CHANGES_PER_SHARD = 500;
const RETAIN_BYTES = 64 * 1024 * 1024;
const SECONDS = 10;
/** Not counted: node still compiles each contestant's code, and sessions have statements that are not planned yet. */
const WARM_UP_ROUNDS = 3;
/** After the last record: what has not come by then is not seen. */
const PATIENCE_MS = 5_000;

/** What one contestant did at one rate in one round; times in ms. */
interface Run {
  /** From the write's answer; below 0 where the record was there first. */
  latency: number[];
  /** From the write's request. */
  fromRequest: number[];
  /** What the write itself took. */
  write: number[];
  /** Changes without a record of their own: merged into a later one, or too late. */
  unseen: number;
}

/** Runs the benchmark and returns its figures. */
export async function benchLive(options: {
  profiles: number;
  rounds: number;
  rates: readonly number[];
}): Promise<Record<string, unknown>> {
  const rates: Record<string, unknown>[] = [];
  for (const rate of options.rates) rates.push(await raceAt(rate, options));
  return { bench: 'live', ...options, seconds: SECONDS, rates };
}

async function raceAt(
  rate: number,
  { profiles, rounds }: { profiles: number; rounds: number },
): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-bench-'));
  try {
    const shards = Math.ceil(rate / CHANGES_PER_SHARD);
    await using sink = await startSink([STREAM], { shards, retainBytes: RETAIN_BYTES });
    const track: Track = { folder, endpoint: sink.endpoint, stream: STREAM, profiles };
    await using pipe = await startPipe(track);
    await using product = await startProduct(track);
    const [pipeRuns, ourRuns]: [Run[], Run[]] = [[], []];
    let change = 0;
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
      for (const [contestant, runs] of [[pipe, pipeRuns] as const, [product, ourRuns] as const]) {
        const run = await race(contestant, { track, rate, firstChange: change });
        change += rate * SECONDS;
        if (round >= WARM_UP_ROUNDS) runs.push(run);
      }
    }
    return compare(rate, ourRuns, pipeRuns);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function race(
  contestant: Contestant,
  { track, rate, firstChange }: { track: Track; rate: number; firstChange: number },
): Promise<Run> {
  await using watch = await watchStream(track.endpoint, track.stream, contestant.readChange);
  const times = await sendChanges({
    changesPerSecond: rate,
    seconds: SECONDS,
    firstChange,
    send: (changes) => contestant.send(changes),
  });
  const sentAt = performance.now();
  const isQuiet = () => performance.now() - Math.max(watch.lastAt, sentAt) > PATIENCE_MS;
  while (![...times.keys()].every((change) => watch.seenAt.has(change)) && !isQuiet()) await delay(50);
  const run: Run = { latency: [], fromRequest: [], write: [], unseen: 0 };
  for (const [change, { sentAt: requestedAt, answeredAt }] of times) {
    const seenAt = watch.seenAt.get(change);
    run.write.push(answeredAt - requestedAt);
    if (seenAt === undefined) {
      run.unseen += 1;
      continue;
    }
    run.latency.push(seenAt - answeredAt);
    run.fromRequest.push(seenAt - requestedAt);
  }
  return run;
}

/** Figures are medians of the rounds, ratios of each round's pair. */
function compare(changesPerSecond: number, ours: readonly Run[], pipe: readonly Run[]): Record<string, unknown> {
  const ratio = (share: number) =>
    round2(
      median(ours.map((run, round) => percentile(run.latency, share) / percentile(pipe[round]?.latency ?? [], share))),
    );
  return {
    changesPerSecond,
    ratioP50: ratio(0.5),
    ratioP99: ratio(0.99),
    ours: describe(ours),
    pipe: describe(pipe),
  };
}

function describe(runs: readonly Run[]): Record<string, number> {
  const middle = (times: (run: Run) => number[], share: number) =>
    round2(median(runs.map((run) => percentile(times(run), share))));
  return {
    p50Ms: middle((run) => run.latency, 0.5),
    p99Ms: middle((run) => run.latency, 0.99),
    fromRequestP50Ms: middle((run) => run.fromRequest, 0.5),
    fromRequestP99Ms: middle((run) => run.fromRequest, 0.99),
    writeP50Ms: middle((run) => run.write, 0.5),
    writeP99Ms: middle((run) => run.write, 0.99),
    unseen: Math.max(...runs.map((run) => run.unseen)),
  };
}
