/** Last step: what is about to start, and the record of a real member, made by the rules of delivery. */

import { Button, List, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { describeSchedule } from '../activation/activation-changes.js';
import { ActivateSegmentsDocument, PreviewActivationDocument } from '../generated/graphql.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { Loaded } from '../ui/loaded.js';
import { listFaults, type Refusal, useAction } from '../ui/outcome.js';
import { useNavigateFromHere, usePresence } from '../ui/presence.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { SimulatedRecord } from '../ui/simulated-record.js';
import { tellRefusal } from '../ui/tell-refusal.js';
import { formatCount, formatMoment } from '../ui/words.js';
import { type ActivationDraft, toActivationInput } from './activation-draft.js';

/** What is reviewed. */
export interface ReviewStepProps {
  readonly draft: ActivationDraft;
  readonly destinationId: string;
  /** Called once it is activated. */
  readonly onStarted: () => void;
}

/** The step. */
export function ReviewStep(props: ReviewStepProps) {
  const { draft, destinationId } = props;
  const { refusal, isStarting, start } = useStart(props);
  return (
    <Stack mt="md" maw={800}>
      <List size="sm">
        <List.Item>Segments: {draft.segmentIds.join(', ')}</List.Item>
        <List.Item>Attributes: {draft.attributes.join(', ') || 'none'}</List.Item>
        <List.Item>Delivered at once: {describeBackfill(draft)}</List.Item>
        <List.Item>
          Changes delivered: {draft.changeDetection === 'EXPORT_ALWAYS' ? 'always' : 'if a value changed'}
        </List.Item>
        {draft.cron.trim() && <List.Item>Exported by itself: {describeSchedule(draft)}</List.Item>}
      </List>
      <MemberPreview draft={draft} destinationId={destinationId} />
      {refusal && <RefusalAlert message={listFaults(refusal)} />}
      <Button onClick={() => void start()} loading={isStarting} style={{ alignSelf: 'flex-start' }}>
        Activate
      </Button>
    </Stack>
  );
}

function MemberPreview({ draft, destinationId }: Pick<ReviewStepProps, 'draft' | 'destinationId'>) {
  const variables = { destinationId, segmentIds: [...draft.segmentIds], attributes: [...draft.attributes] };
  const [result, reload] = useQuery({ query: PreviewActivationDocument, variables, requestPolicy: 'network-only' });
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        The record of a member
      </Title>
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

function describeBackfill({ backfillMode, since, maxRecordsPerSecond }: ActivationDraft): string {
  if (backfillMode === 'NONE') return 'none';
  const whom = backfillMode === 'SINCE' ? `members since ${formatMoment(since)}` : 'all present members';
  return maxRecordsPerSecond === null ? whom : `${whom}, at most ${formatCount(maxRecordsPerSecond)} records a second`;
}

function useStart({ draft, destinationId, onStarted }: ReviewStepProps) {
  const navigate = useNavigateFromHere();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const isHere = usePresence();
  const key = useIdempotencyKey();
  const { isRunning, run } = useAction(ActivateSegmentsDocument);
  const start = async () => {
    const input = { ...toActivationInput(draft, destinationId), idempotencyKey: key.current };
    const outcome = await run({ input });
    if (outcome.isDone) {
      const { backfill } = outcome.success;
      navigate(backfill ? `/exports/${backfill.id}` : `/destinations/${destinationId}`);
      return onStarted();
    }
    if (outcome.answer) key.renew();
    if (!isHere()) return tellRefusal(listFaults(outcome.refusal));
    setRefusal(outcome.refusal);
  };
  return { refusal, isStarting: isRunning, start };
}
