/** The live view of a destination: its events as they are committed, newest first. */

import { Anchor, Button, Group, Paper, Select, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { DeliveryOutcome } from '../generated/graphql.js';
import { useSocket } from '../socket.js';
import { MomentText } from '../ui/moment-text.js';
import { withParameter } from '../ui/page.js';
import { type TypedParameter, useTypedParameter } from '../ui/typed-parameter.js';
import { formatCount } from '../ui/words.js';
import { EventLog, type EventLogSnapshot, MAX_ROWS } from './event-log.js';
import { isFiltering, type LiveFilter } from './live-row.js';
import { LiveTable } from './live-table.js';
import styles from './live-table.module.css';

const STATES: Readonly<Record<EventLogSnapshot['state'], string>> = {
  connecting: 'Connecting…',
  replaying: 'Catching up…',
  live: 'Live.',
  lost: 'Connection lost; trying again. Nothing will be missing.',
  paused: 'Paused. What comes meanwhile is shown when you go on.',
  ended: 'Ended.',
};

const OUTCOMES: readonly { value: DeliveryOutcome; label: string }[] = [
  { value: 'DELIVERED', label: 'Delivered' },
  { value: 'FAILED', label: 'Failed' },
  { value: 'SKIPPED', label: 'Skipped' },
];

/** What is watched. */
export interface LiveEventsProps {
  readonly destinationId: string;
  /** Where the view begins. */
  readonly after: string;
}

/** The live view. */
export function LiveEvents(props: LiveEventsProps) {
  const [outcome, setOutcome] = useOutcome();
  const { asked, field } = useTypedParameter('profile');
  const log = useEventLog(props, { outcome, profileId: asked });
  // Only its state: whatever holds a field is not drawn again with each row.
  const state = useSyncExternalStore(log.subscribe, () => log.read().state);
  const isPaused = state === 'paused';
  return (
    <Stack>
      <Group justify="space-between" align="flex-end">
        <FilterFields outcome={outcome} onOutcome={setOutcome} profileField={field} />
        <Button variant="default" onClick={() => (isPaused ? log.start() : log.pause())} disabled={state === 'ended'}>
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
      </Group>
      <LogState log={log} />
      <LogRows log={log} />
    </Stack>
  );
}

/** How the stream is is told by screen readers, the number that never rests is not. */
function LogState({ log }: { log: EventLog }) {
  const { state, message, count, matching, since, filter } = useSyncExternalStore(log.subscribe, log.read);
  return (
    <p className={styles['state']}>
      <span role="status">{message ?? STATES[state]}</span> {isFiltering(filter) && `${formatCount(matching)} of `}
      {formatCount(count)} events since {since === null ? 'you opened this view' : <MomentText at={since} />}; the
      newest {formatCount(MAX_ROWS)} are kept.
    </p>
  );
}

function LogRows({ log }: { log: EventLog }) {
  const rows = useSyncExternalStore(log.subscribe, () => log.read().rows);
  const filter = useSyncExternalStore(log.subscribe, () => log.read().filter);
  return (
    <>
      {filter.profileId !== '' && <AllOfProfile profileId={filter.profileId} />}
      {rows.length > 0 ? <LiveTable rows={rows} /> : <NoRows isFiltered={isFiltering(filter)} />}
    </>
  );
}

/** The live view begins with its opening; what was sent before stands with the profile. */
function AllOfProfile({ profileId }: { profileId: string }) {
  return (
    <Anchor component={Link} href={`/profiles/${encodeURIComponent(profileId)}`} size="sm">
      All that was sent of {profileId}
    </Anchor>
  );
}

function NoRows({ isFiltered }: { isFiltered: boolean }) {
  return (
    <Paper withBorder p="xl">
      <Text c="dimmed">
        {isFiltered
          ? 'No event matches the filter so far.'
          : 'Nothing has happened since you opened this view. Change a profile of an activated segment, or start an export.'}
      </Text>
    </Paper>
  );
}

function useEventLog({ destinationId, after }: LiveEventsProps, filter: LiveFilter): EventLog {
  const socket = useSocket();
  // The place where the view began: later cursors of the page do not begin it anew.
  const [log] = useState(() => new EventLog({ socket, destinationId, after, filter }));
  const { outcome, profileId } = filter;
  useEffect(() => log.setFilter({ outcome, profileId }), [log, outcome, profileId]);
  useEffect(() => {
    log.start();
    return () => log[Symbol.dispose]();
  }, [log]);
  return log;
}

function useOutcome(): [DeliveryOutcome | null, (outcome: DeliveryOutcome | null) => void] {
  const [parameters, setParameters] = useSearchParams();
  const outcome = OUTCOMES.find(({ value }) => value === parameters.get('outcome'))?.value ?? null;
  const setOutcome = (next: DeliveryOutcome | null) =>
    setParameters((present) => withParameter(present, 'outcome', next), { replace: true });
  return [outcome, setOutcome];
}

interface FilterFieldsProps {
  readonly outcome: DeliveryOutcome | null;
  readonly onOutcome: (outcome: DeliveryOutcome | null) => void;
  readonly profileField: TypedParameter['field'];
}

function FilterFields({ outcome, onOutcome, profileField }: FilterFieldsProps) {
  return (
    <Group align="flex-end">
      <Select
        label="Outcome"
        placeholder="All"
        data={[...OUTCOMES]}
        value={outcome}
        clearable
        clearButtonProps={{ 'aria-label': 'Show all outcomes' }}
        onChange={onOutcome}
      />
      <TextInput label="Profile id" placeholder="All" {...profileField} />
    </Group>
  );
}
