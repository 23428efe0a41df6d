/** First step: the segments, searched by name or id, with their present members. The search is part of the address. */

import { Checkbox, Pill, PillGroup, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from 'urql';
import { ChooseSegmentsDocument, type ChooseSegmentsQuery } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { Loaded } from '../ui/loaded.js';
import { useTypedParameter } from '../ui/typed-parameter.js';
import { countOf, formatCount } from '../ui/words.js';
import type { DraftProps } from './activation-draft.js';

/** The step. */
export function SegmentsStep({ draft, onChange }: DraftProps) {
  const { asked, field } = useTypedParameter('search');
  const [result, reload] = useQuery({
    query: ChooseSegmentsDocument,
    variables: { search: asked || null, after: null },
  });
  const toggle = (segmentId: string) =>
    onChange({
      segmentIds: draft.segmentIds.includes(segmentId)
        ? draft.segmentIds.filter((chosen) => chosen !== segmentId)
        : [...draft.segmentIds, segmentId],
    });
  return (
    <Stack mt="md" maw={640}>
      <TextInput label="Search segments" {...field} />
      <PillGroup role="group" aria-label="Chosen">
        {draft.segmentIds.map((segmentId) => (
          <Pill
            key={segmentId}
            withRemoveButton
            onRemove={() => toggle(segmentId)}
            removeButtonProps={{ 'aria-label': `Leave out ${segmentId}`, 'aria-hidden': false, tabIndex: 0 }}
          >
            {segmentId}
          </Pill>
        ))}
      </PillGroup>
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ segments }) => (
          <SegmentChoice segments={segments} chosen={draft.segmentIds} onToggle={toggle} isSearch={asked !== ''} />
        )}
      </Loaded>
    </Stack>
  );
}

interface SegmentChoiceProps {
  readonly segments: ChooseSegmentsQuery['segments'];
  readonly chosen: readonly string[];
  readonly onToggle: (segmentId: string) => void;
  readonly isSearch: boolean;
}

function SegmentChoice({ segments, chosen, onToggle, isSearch }: SegmentChoiceProps) {
  if (segments.nodes.length === 0 && isSearch) return <Text c="dimmed">No segment has this in its name or id.</Text>;
  if (segments.nodes.length === 0)
    return (
      <EmptyState title="There is no segment yet" action={{ label: 'Go to the segments', href: '/segments' }}>
        Create a segment and bring profiles into it first.
      </EmptyState>
    );
  return (
    <Stack gap="xs">
      {segments.nodes.map(({ id, segmentId, name, memberCount }) => (
        <Checkbox
          key={id}
          label={name}
          description={`${segmentId} · ${countOf(memberCount, 'member')}`}
          checked={chosen.includes(segmentId)}
          onChange={() => onToggle(segmentId)}
        />
      ))}
      {segments.pageInfo.hasNextPage && (
        <Text size="sm" c="dimmed">
          The first {formatCount(segments.nodes.length)} of {formatCount(segments.totalCount)}: search for others.
        </Text>
      )}
    </Stack>
  );
}
