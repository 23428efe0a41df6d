/** The record that a member would get now, made by the rules of delivery. The member is part of the address. */

import { Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from 'urql';
import { SimulateMemberDocument } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { listFaults } from '../ui/outcome.js';
import { SimulatedRecord } from '../ui/simulated-record.js';
import { useTypedParameter } from '../ui/typed-parameter.js';

/** The tab. */
export function MemberPreview({ activationId }: { activationId: string }) {
  const { asked, field } = useTypedParameter('profile');
  const [result, reload] = useQuery({
    query: SimulateMemberDocument,
    variables: { activationId, profileId: asked || null },
    requestPolicy: 'network-only',
  });
  return (
    <Stack maw={800}>
      <TextInput label="Profile id" description="Empty: any present member. Nothing is written or sent." {...field} />
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
