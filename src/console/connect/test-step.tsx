/** Last step: the settings are tested, without writing anything, and then saved. */

import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useEffectEvent, useState } from 'react';
import { type Field, toInput } from '../fields/field-values.js';
import { asInput } from '../fields/typed-input.js';
import type { KeptFieldsState } from '../fields/use-fields.js';
import {
  CreateKinesisDestinationDocument,
  type CreateKinesisDestinationInput,
  type TestFragment,
  TestKinesisSettingsDocument,
} from '../generated/graphql.js';
import { useIdempotencyKey } from '../ui/idempotency-key.js';
import { faultsByField, listFaults, type Refusal, useAction } from '../ui/outcome.js';
import { useNavigateFromHere, usePresence } from '../ui/presence.js';
import { tellRefusal } from '../ui/tell-refusal.js';
import { TestChecks } from '../ui/test-checks.js';

/** What the step needs. */
export interface TestStepProps {
  readonly fields: readonly Field[];
  readonly state: KeptFieldsState;
  readonly onBack: () => void;
  /** Called when a fault belongs to a field, unless the step was left meanwhile. */
  readonly onRefused: () => void;
}

/** The step. */
export function TestStep({ fields, state, onBack, onRefused }: TestStepProps) {
  const input = asInput<CreateKinesisDestinationInput>(toInput(fields, state.values), [
    'name',
    'region',
    'stream',
    'credentialId',
  ]);
  const isHere = usePresence();
  const refuse = (refusal: Refusal) => {
    if (!isHere()) return;
    state.setFaults(faultsByField(refusal));
    onRefused();
  };
  const { test, isTesting, runTest } = useSettingsTest(input, refuse);
  const { isCreating, create } = useCreation(input, { refuse, forget: state.forget });
  const testOnEntry = useEffectEvent(() => void runTest());
  useEffect(() => testOnEntry(), []);
  return (
    <Stack mt="md" maw={800}>
      {isTesting && <Testing />}
      {!isTesting && test && <TestChecks test={test} />}
      <Group>
        <Button onClick={() => void create()} loading={isCreating} disabled={isTesting}>
          {test && !test.passed ? 'Create it anyway' : 'Create destination'}
        </Button>
        <Button variant="default" onClick={() => void runTest()} disabled={isTesting}>
          Test again
        </Button>
        <Button variant="default" onClick={onBack}>
          Back to the settings
        </Button>
      </Group>
    </Stack>
  );
}

function Testing() {
  return (
    <Group role="status">
      <Loader size="sm" aria-hidden />
      <Text>Asking AWS, without writing anything…</Text>
    </Group>
  );
}

function useSettingsTest(
  { credentialId, region, stream }: CreateKinesisDestinationInput,
  refuse: (refusal: Refusal) => void,
) {
  const [test, setTest] = useState<TestFragment>();
  const { isRunning, run } = useAction(TestKinesisSettingsDocument);
  const runTest = async () => {
    const outcome = await run({ input: { credentialId, region, stream } });
    if (outcome.isDone) setTest(outcome.success.test);
    else refuse(outcome.refusal);
  };
  return { test, isTesting: isRunning, runTest };
}

interface CreationEnd {
  readonly refuse: (refusal: Refusal) => void;
  readonly forget: () => void;
}

function useCreation(input: CreateKinesisDestinationInput, { refuse, forget }: CreationEnd) {
  const navigate = useNavigateFromHere();
  const isHere = usePresence();
  const key = useIdempotencyKey();
  const { isRunning, run } = useAction(CreateKinesisDestinationDocument);
  const create = async () => {
    const outcome = await run({ input: { ...input, idempotencyKey: key.current } });
    if (!outcome.isDone) {
      if (outcome.answer) key.renew();
      return isHere() ? refuse(outcome.refusal) : tellRefusal(listFaults(outcome.refusal));
    }
    const { id, name } = outcome.success.destination;
    notifications.show({ title: `${name} is connected`, message: 'Activate segments to it next.' });
    navigate(`/destinations/${id}`);
    forget();
  };
  return { isCreating: isRunning, create };
}
