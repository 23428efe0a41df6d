/** The record that a member would get now, made by the rules of delivery. The member is part of the address. */

import { Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { SimulateMemberDocument } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { listFaults } from '../ui/outcome.js';
import { withParameter } from '../ui/page.js';
import { SimulatedRecord } from '../ui/simulated-record.js';

const PAUSE_MS = 300;

/** The tab. */
export function MemberPreview({ activationId }: { activationId: string }) {
  const [parameters, setParameters] = useSearchParams();
  const profileId = parameters.get('profile') ?? '';
  const [asked] = useDebouncedValue(profileId, PAUSE_MS);
  const [result, reload] = useQuery({
    query: SimulateMemberDocument,
    variables: { activationId, profileId: asked || null },
    requestPolicy: 'network-only',
  });
  return (
    <Stack maw={800}>
      <TextInput
        label="Profile id"
        description="Empty: any present member. Nothing is written or sent."
        value={profileId}
        onChange={({ currentTarget: { value } }) =>
          setParameters((present) => withParameter(present, 'profile', value || null), { replace: true })
        }
      />
      <Loaded result={result} onRetry={reload}>
        {({ simulateExport: answer }) =>
          answer.__typename === 'SimulateExportSuccess' ? (
            <SimulatedRecord simulation={answer.simulation} />
          ) : (
            <Text role="alert">{listFaults(answer)}</Text>
          )
        }
      </Loaded>
    </Stack>
  );
}
