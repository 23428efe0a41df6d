/**
 * What so many deliveries a day take: reckoned from what one record costs, as `npm run bench -- cost` measured it. The tables of
 * docs/guides/scale.md are its output (`npm run bench -- scale-model` prints them), and a test holds the two together.
 */

/** What one record of 1 kB costs. */
interface RecordCost {
  name: string;
  nodeCpuMicros: number;
  databaseCpuMicros: number;
  commits: number;
  /** Of PostgreSQL's log. */
  logBytes: number;
  /** In the outcomes that are kept. */
  keptBytes: number;
}

/** Bytes of one record of 1 kB in a request: base64, its key, and what is around them. */
const WIRE_BYTES = 1_412;

/**
 * Of bench/RESULTS.md, `cost`. The sequence numbers of the sandbox are more regular than those of AWS: with random ones a
 * record of a page keeps 56 bytes instead of 13, and so much more goes through the log.
 */
const COSTS: readonly RecordCost[] = [
  { name: 'Exports', nodeCpuMicros: 65, databaseCpuMicros: 58, commits: 0.025, logBytes: 67, keptBytes: 56 },
  {
    name: 'Live changes, few at a time',
    nodeCpuMicros: 6_160,
    databaseCpuMicros: 7_160,
    commits: 3.5,
    logBytes: 3_891,
    keptBytes: 785,
  },
];

const DAYS = [1e6, 1e8, 1e10];
/** The busiest second of a day has so many times the mean. */
const PEAK = 3;
/** What is planned for is used so far at the peak: the rest is for a lost node, vacuum and what comes late. */
const USED = 0.6;
/** Of AWS: records a second that a shard takes; nine tenths of them are used (bench `capacity`). */
const SHARD_RECORDS = 900;
const RETENTION_DAYS = 30;
const SECONDS_A_DAY = 86_400;

/** What a load takes at its peak; rounded up to what can be bought. */
interface Need {
  records: number;
  nodeCores: number;
  databaseCores: number;
  commits: number;
  logMegabytes: number;
  wireMegabytes: number;
  shards: number;
  keptGigabytes: number;
}

/** The tables of the guide, as Markdown: one for each kind of load. */
export function printScale(): string {
  return COSTS.map((cost) => [`### ${cost.name}`, '', ...toTable(cost)].join('\n')).join('\n\n');
}

function toTable(cost: RecordCost): string[] {
  const rows = DAYS.map((day) => ({ day, need: reckon(cost, day) }));
  const head = [
    '| deliveries a day | records/s at the peak | cores of node | cores of PostgreSQL | commits/s | log, MB/s | to AWS, MB/s | shards | kept for 30 days |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  return [...head, ...rows.map(({ day, need }) => toRow(day, need))];
}

function toRow(day: number, need: Need): string {
  const cells = [
    toPower(day),
    toText(need.records),
    toText(need.nodeCores),
    toText(need.databaseCores),
    toText(need.commits),
    toText(need.logMegabytes),
    toText(need.wireMegabytes),
    toText(need.shards),
    `${toText(need.keptGigabytes)} GB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function reckon(cost: RecordCost, day: number): Need {
  const records = (day / SECONDS_A_DAY) * PEAK;
  return {
    records,
    nodeCores: (records * cost.nodeCpuMicros) / 1e6 / USED,
    databaseCores: (records * cost.databaseCpuMicros) / 1e6 / USED,
    commits: records * cost.commits,
    logMegabytes: (records * cost.logBytes) / 1e6,
    wireMegabytes: (records * WIRE_BYTES) / 1e6,
    shards: Math.ceil(records / SHARD_RECORDS),
    keptGigabytes: (day * RETENTION_DAYS * cost.keptBytes) / 1e9,
  };
}

/** Two digits that mean something: the costs are no better known. */
function toText(value: number): string {
  if (value < 0.1) return 'below 0.1';
  return Number(value.toPrecision(2)).toLocaleString('en-US');
}

function toPower(day: number): string {
  return `10^${Math.round(Math.log10(day))}`;
}
