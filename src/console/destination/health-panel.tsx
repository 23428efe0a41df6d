/** The health of a destination: what is wrong, why, what mends it, and a test at once. */

import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { TestDestinationDocument, type TestFragment } from '../generated/graphql.js';
import { MomentText } from '../ui/moment-text.js';
import { useAction } from '../ui/outcome.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { TestChecks } from '../ui/test-checks.js';
import { capitalize, toWords } from '../ui/words.js';
import type { Destination } from './destination-view.js';

const COLOURS: Readonly<Record<string, string>> = { HEALTHY: 'green', HALTED: 'red', UNTESTED: 'gray' };

/** The panel. */
export function HealthPanel({ destination }: { destination: Destination }) {
  const { health } = destination;
  const { test, refusal, isTesting, runTest } = useTest(destination.id);
  return (
    <Stack gap="sm">
      <Alert
        variant="outline"
        color={COLOURS[health.status] ?? 'orange'}
        title={`${capitalize(toWords(health.status))}${health.code ? `: ${health.code}` : ''}`}
      >
        <Stack gap="xs" align="flex-start">
          <HealthCause health={health} />
          <Button size="xs" variant="default" loading={isTesting} onClick={() => void runTest()}>
            Test now
          </Button>
        </Stack>
      </Alert>
      <RefusalAlert message={refusal} />
      {test && <TestChecks test={test} />}
    </Stack>
  );
}

function HealthCause({ health }: { health: Destination['health'] }) {
  const { message, reason, since, nextProbeAt, awsRequestId } = health;
  return (
    <>
      {message && <Text size="sm">{message}</Text>}
      {reason && !message?.includes(reason.remedy) && <Text size="sm">{reason.remedy}</Text>}
      <Group gap="md">
        <Text size="sm">
          Since <MomentText at={since} />
        </Text>
        {nextProbeAt && (
          <Text size="sm">
            Tried again at <MomentText at={nextProbeAt} />
          </Text>
        )}
        {awsRequestId && <Text size="sm">AWS request id {awsRequestId}</Text>}
      </Group>
    </>
  );
}

function useTest(id: string) {
  const [test, setTest] = useState<TestFragment | null>(null);
  const [refusal, setRefusal] = useState<string>();
  const { isRunning, run } = useAction(TestDestinationDocument);
  const runTest = async () => {
    const outcome = await run({ input: { id } });
    setTest(outcome.isDone ? outcome.success.destination.lastTest : null);
    setRefusal(outcome.isDone ? undefined : outcome.refusal.message);
  };
  return { test, refusal, isTesting: isRunning, runTest };
}
