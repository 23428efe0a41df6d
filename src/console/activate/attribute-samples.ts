/** Attributes of some members of each segment, asked for one segment at a time: the API lists members of one. */

import { useCallback, useEffect, useState } from 'react';
import { type Client, CombinedError, type OperationResult, useClient } from 'urql';
import { AttributeSamplesDocument, type AttributeSamplesQuery } from '../generated/graphql.js';

/** Attributes by their names. */
export type SampledAttributes = Readonly<Record<string, unknown>>;

/** What was found so far. */
export interface SampleResult {
  readonly data?: readonly SampledAttributes[];
  readonly error?: CombinedError;
}

/** Reads samples of all segments. @returns what is known, and a way to ask again. */
export function useAttributeSamples(segmentIds: readonly string[]): [SampleResult, () => void] {
  const client = useClient();
  const [result, setResult] = useState<SampleResult>({});
  const key = JSON.stringify(segmentIds);
  const load = useCallback(
    (isWanted: () => boolean) => {
      const ids: readonly string[] = JSON.parse(key);
      void Promise.all(ids.map((segmentId) => readSamples(client, segmentId))).then(
        (found) => isWanted() && setResult({ data: found.flat() }),
        (error: unknown) => {
          if (!(error instanceof CombinedError)) throw error;
          if (isWanted()) setResult({ error });
        },
      );
    },
    [client, key],
  );
  useEffect(() => {
    let isWanted = true;
    load(() => isWanted);
    return () => {
      isWanted = false;
    };
  }, [load]);
  return [result, () => load(() => true)];
}

/** @throws {CombinedError} if there is no answer. */
async function readSamples(client: Client, segmentId: string): Promise<SampledAttributes[]> {
  const answer: OperationResult<AttributeSamplesQuery> = await client.query(AttributeSamplesDocument, { segmentId });
  if (answer.error) throw answer.error;
  return answer.data?.profiles.nodes.flatMap(({ attributes }) => (attributes ? [attributes] : [])) ?? [];
}
