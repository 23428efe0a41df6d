/** A query that is asked again while somebody looks. */

import { useEffect, useState } from 'react';
import { type AnyVariables, type UseQueryArgs, type UseQueryResponse, type UseQueryState, useQuery } from 'urql';

/**
 * Like `useQuery`, repeated. What was found stays when a later question gets no answer: views go on over breaks.
 * @param intervalMs pause between two questions; none is asked while the tab is hidden.
 */
export function usePolledQuery<Data, Variables extends AnyVariables>(
  question: UseQueryArgs<Variables, Data>,
  intervalMs: number,
): UseQueryResponse<Data, Variables> {
  const [result, reload] = useQuery(question);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload({ requestPolicy: 'network-only' });
    }, intervalMs);
    return () => clearInterval(timer);
  }, [reload, intervalMs]);
  return [useLastFound(result), reload];
}

/** A failed answer comes without data: that of the same question before it is kept. */
function useLastFound<Data, Variables extends AnyVariables>(
  result: UseQueryState<Data, Variables>,
): UseQueryState<Data, Variables> {
  const [found, setFound] = useState<{ key: number; data: Data } | null>(null);
  const key = result.operation?.key;
  const { data } = result;
  if (data !== undefined && key !== undefined && (found?.data !== data || found.key !== key)) setFound({ key, data });
  return data === undefined && found !== null && found.key === key ? { ...result, data: found.data } : result;
}
