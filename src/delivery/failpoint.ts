/** Named places between claim and commit where tests stop, fail or kill the process. */

/** The places, in the order in which a page passes them. */
export const FAILPOINTS = [
  'lane.claimed',
  'page.read',
  'page.sent',
  'commit.fenced',
  'commit.written',
  'page.committed',
] as const;

/** One of the places. */
export type FailpointName = (typeof FAILPOINTS)[number];

/** Called at each place; whatever it throws happens there. */
export type Failpoint = (name: FailpointName) => Promise<void>;

/** Does nothing: production. */
export const noFailpoint: Failpoint = () => Promise.resolve();
