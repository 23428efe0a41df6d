/** How records would spread over the shards of the stream, as bars. */

import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { PartitionPreviewDocument, type PartitionPreviewQuery } from '../generated/graphql.js';
import { MissingPermission } from '../ui/missing-permission.js';
import { Section } from '../ui/section.js';
import { formatCount } from '../ui/words.js';

const PERCENT = 100;

/** The preview, made when it is asked for. */
export function PartitionPreview({ destinationId }: { destinationId: string }) {
  const [isAsked, setAsked] = useState(false);
  const [{ data, fetching }, reload] = useQuery({
    query: PartitionPreviewDocument,
    variables: { destinationId, partitionKey: null },
    pause: !isAsked,
  });
  const show = () => (isAsked ? reload({ requestPolicy: 'network-only' }) : setAsked(true));
  return (
    <Section title="Spread over shards">
      <Text c="dimmed" size="sm">
        Up to 1,000 profiles are looked at, with the saved partition key.
      </Text>
      {data && <Preview preview={data.previewPartitioning} />}
      <Button variant="default" loading={fetching} onClick={show} style={{ alignSelf: 'flex-start' }}>
        {data ? 'Look again' : 'Show the spread'}
      </Button>
    </Section>
  );
}

function Preview({ preview }: { preview: PartitionPreviewQuery['previewPartitioning'] }) {
  if (preview.__typename !== 'PreviewPartitioningSuccess') return <NoPreview problem={preview} />;
  const { sampled, fallbacks, orderGuaranteed, shards } = preview;
  return (
    <Stack gap="xs">
      <Text size="sm">
        {formatCount(sampled)} profiles, {formatCount(fallbacks)} of them by their profile id because the key is
        missing. {orderGuaranteed ? 'Order per profile holds.' : 'Order per profile does not hold.'}
      </Text>
      {shards.map(({ shardId, records, share }) => (
        <div key={shardId}>
          <Group justify="space-between">
            <Text size="sm">{shardId}</Text>
            <Text size="sm">
              {formatCount(records)} ({formatCount(share * PERCENT)} %)
            </Text>
          </Group>
          <Progress value={share * PERCENT} aria-label={`Share of ${shardId}`} />
        </div>
      ))}
    </Stack>
  );
}

type Problem = Exclude<PartitionPreviewQuery['previewPartitioning'], { __typename: 'PreviewPartitioningSuccess' }>;

function NoPreview({ problem }: { problem: Problem }) {
  return (
    <div>
      <Text role="alert">{problem.message}</Text>
      {problem.__typename === 'AwsError' && <MissingPermission {...problem} />}
    </div>
  );
}
