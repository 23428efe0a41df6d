/** Exports under way, with how far they are. */

import type { ExportRowFragment } from '../generated/graphql.js';
import { ExportList } from '../ui/export-list.js';
import { Section } from '../ui/section.js';

/** Lists exports under way; nothing if there are none. */
export function RunningExports({ exports }: { exports: readonly ExportRowFragment[] }) {
  if (exports.length === 0) return null;
  return (
    <Section title="Exports under way">
      <ExportList exports={exports} />
    </Section>
  );
}
