/** Exports under way, with how far they are. */

import { Stack, Title } from '@mantine/core';
import type { ExportRowFragment } from '../generated/graphql.js';
import { ExportList } from '../ui/export-list.js';

/** Lists exports under way; nothing if there are none. */
export function RunningExports({ exports }: { exports: readonly ExportRowFragment[] }) {
  if (exports.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Exports under way
      </Title>
      <ExportList exports={exports} />
    </Stack>
  );
}
