/**
 * What a subscription's stream may tell beyond its updates, so that equal subscriptions are run once: once they are live,
 * streams of one subject give the same updates.
 */

/** An update that tells where it stands. */
export interface LiveUpdate {
  /** Its place in the order that all live streams of the subject share; null outside of that order. */
  readonly number: number | null;
  /** Where to go on behind it; absent if nothing comes behind it. */
  readonly cursor?: string;
}

/** A stream that comes to be the same for all who follow its subject. */
export interface LiveStream extends AsyncIterableIterator<LiveUpdate> {
  /** Equal for streams that come to be the same; null if this one is nobody else's. */
  readonly subject: string | null;
  /** From which number on another live stream of the subject can stand in for this one; null if none can now. */
  readonly liveAt: number | null;
  /** The same stream from another position on; this one is not touched. */
  readonly resume: (cursor: string) => LiveStream;
}

/** Whether a stream tells more than its updates. */
export function isLiveStream(stream: AsyncIterable<unknown>): stream is LiveStream {
  return 'subject' in stream && 'liveAt' in stream && 'resume' in stream;
}
