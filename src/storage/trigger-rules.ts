/** What decides triggers: the activations of a workspace, with their segments and the consent rules of their destinations. */

import { sql } from 'kysely';
import { z } from 'zod';
import type { TriggerRules } from '../domain/trigger.js';
import { CONSENT_COLUMNS, toConsentRule } from './consent-columns.js';
import type { Db } from './database.js';

/**
 * Reads the rules of every activation of a workspace, paused ones and those of disabled destinations too: their changes
 * are kept. Called after the caller took its locks: an activation made meanwhile must not be missed.
 */
export async function listTriggerRules(tx: Db, workspaceId: number): Promise<TriggerRules[]> {
  const { rows } = await sql`/* trigger_rules.list (prepared) */
    select activation.id, activation.destination_id, activation.attributes, activation.change_detection,
      destination.consent_path, destination.consent_values, destination.consent_refusal,
      (
        select json_agg(json_build_object('id', segment.id, 'segmentId', segment.segment_id) order by mapped.ordinal)
        from activation_segment mapped
        join segment on segment.id = mapped.segment_id
        where mapped.activation_id = activation.id
      ) as segments
    from activation
    join destination on destination.id = activation.destination_id
    where activation.workspace_id = ${workspaceId}
    order by activation.id`.execute(tx);
  return rows.map((row) => RulesRow.parse(row));
}

const RulesRow = z
  .object({
    id: z.number(),
    destination_id: z.number(),
    attributes: z.array(z.string()),
    change_detection: z.enum(['EXPORT_ALWAYS', 'EXPORT_IF_CHANGED']),
    ...CONSENT_COLUMNS,
    segments: z.array(z.object({ id: z.number(), segmentId: z.string() })).nullable(),
  })
  .transform(
    (row): TriggerRules => ({
      activationId: row.id,
      destinationId: row.destination_id,
      attributes: row.attributes,
      changeDetection: row.change_detection,
      consent: toConsentRule(row),
      segments: row.segments ?? [],
    }),
  );
