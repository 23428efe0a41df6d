/** The live view of a destination: its events as they are committed, newest first. */

import { Anchor, Button, Group, Paper, Select, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useSocket } from '../socket.js';
import { countOf, formatCount } from '../ui/words.js';
import { EventLog, type EventLogSnapshot, MAX_ROWS } from './event-log.js';
import { type LiveFilter, matches } from './live-row.js';
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

const OUTCOMES = [
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
export function LiveEvents({ destinationId, after }: LiveEventsProps) {
  const log = useEventLog(destinationId, after);
  // Only its state: whatever holds a field is not drawn again with each row.
  const state = useSyncExternalStore(log.subscribe, () => log.read().state);
  const [filter, setFilter] = useFilter();
  const isPaused = state === 'paused';
  return (
    <Stack>
      <Group justify="space-between" align="flex-end">
        <FilterFields filter={filter} onChange={setFilter} />
        <Button variant="default" onClick={() => (isPaused ? log.start() : log.pause())} disabled={state === 'ended'}>
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
      </Group>
      <LogState log={log} />
      <LogRows log={log} filter={filter} />
    </Stack>
  );
}

/** How the stream is is told by screen readers, the number that never rests is not. */
function LogState({ log }: { log: EventLog }) {
  const { state, message, count } = useSyncExternalStore(log.subscribe, log.read);
  return (
    <p className={styles['state']}>
      <span role="status">{message ?? STATES[state]}</span> {formatCount(count)} events since you opened this view; the
      newest {formatCount(MAX_ROWS)} are kept.
    </p>
  );
}

function LogRows({ log, filter }: { log: EventLog; filter: LiveFilter }) {
  const { rows, unlisted } = useSyncExternalStore(log.subscribe, log.read);
  const shown = rows.filter((row) => matches(row, filter));
  const isFiltered = filter.outcome !== null || filter.profileId !== '';
  return (
    <>
      {isFiltered && unlisted > 0 && <Unlisted count={unlisted} profileId={filter.profileId} />}
      {shown.length > 0 ? <LiveTable rows={shown} /> : <NoRows isFiltered={rows.length > 0} />}
    </>
  );
}

function Unlisted({ count, profileId }: { count: number; profileId: string }) {
  return (
    <Text size="sm">
      A large commit lists its first records only: {countOf(count, 'record')} could not be looked through.{' '}
      {profileId !== '' && (
        <Anchor component={Link} href={`/profiles/${encodeURIComponent(profileId)}`} size="sm" underline="always">
          All that was sent of {profileId}
        </Anchor>
      )}
    </Text>
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

function useEventLog(destinationId: string, after: string): EventLog {
  const socket = useSocket();
  // The place where the view began: later cursors of the page do not begin it anew.
  const [begin] = useState(after);
  const [log] = useState(() => new EventLog(socket, destinationId, begin));
  useEffect(() => {
    log.start();
    return () => log[Symbol.dispose]();
  }, [log]);
  return log;
}

function useFilter(): [LiveFilter, (filter: LiveFilter) => void] {
  const [parameters, setParameters] = useSearchParams();
  const filter = { outcome: parameters.get('outcome'), profileId: parameters.get('profile') ?? '' };
  const setFilter = ({ outcome, profileId }: LiveFilter) =>
    setParameters({ ...(outcome && { outcome }), ...(profileId && { profile: profileId }) }, { replace: true });
  return [filter, setFilter];
}

function FilterFields({ filter, onChange }: { filter: LiveFilter; onChange: (filter: LiveFilter) => void }) {
  return (
    <Group align="flex-end">
      <Select
        label="Outcome"
        placeholder="All"
        data={OUTCOMES}
        value={filter.outcome}
        clearable
        clearButtonProps={{ 'aria-label': 'Show all outcomes' }}
        onChange={(outcome) => onChange({ ...filter, outcome })}
      />
      <TextInput
        label="Profile id"
        placeholder="All"
        value={filter.profileId}
        onChange={(event) => onChange({ ...filter, profileId: event.currentTarget.value })}
      />
    </Group>
  );
}
