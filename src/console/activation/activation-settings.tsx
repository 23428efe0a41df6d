/** Settings of an activation: its segments, its attributes, which changes count, and when it exports by itself. */

import { Anchor, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { Link } from 'wouter';
import type { ActivationRowFragment, ExportRowFragment } from '../generated/graphql.js';
import { capitalize, toWords } from '../ui/words.js';
import { ActivationForm } from './activation-form.js';
import type { SavedActivation } from './activation-update.js';

/** The tab; its form is made anew when it takes over what was saved. */
export function ActivationSettings({ activation }: { activation: ActivationRowFragment }) {
  const [base, setBase] = useState(activation);
  const [started, setStarted] = useState<readonly ExportRowFragment[]>([]);
  const takeOver = ({ activation: saved, backfill, exits }: SavedActivation) => {
    notifications.show({ title: 'Saved', message: 'Changes are delivered by the new settings.' });
    setBase(saved);
    setStarted([backfill, exits].filter((one) => one !== null));
  };
  return (
    <Stack>
      {started.map(({ id, trigger }) => (
        <Text key={id} role="status">
          {capitalize(toWords(trigger))} started:{' '}
          <Anchor component={Link} href={`/exports/${id}`} underline="always">
            follow the export
          </Anchor>
        </Text>
      ))}
      <ActivationForm key={base.version} base={base} onSaved={takeOver} onTakeTheirs={setBase} />
    </Stack>
  );
}
