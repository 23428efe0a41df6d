/** A query that is asked again while somebody looks. */

import { useEffect } from 'react';
import { type AnyVariables, type UseQueryArgs, type UseQueryResponse, useQuery } from 'urql';

/** Like `useQuery`, repeated. @param intervalMs pause between two questions; none is asked while the tab is hidden. */
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
  return [result, reload];
}
