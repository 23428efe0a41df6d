/**
 * Triggers: whether a profile's change is delivered live, and what in it asks for that. Pure, so that the mutations,
 * bulk ingest and simulations decide alike.
 */

import { isWritten, readAttribute } from './attribute-path.js';
import { type ConsentRule, permitsExport } from './consent.js';
import type { DeliveryCause } from './delivery-cause.js';
import type { StoredMembership } from './profile.js';
import { isPresentMembership, type ProfileState } from './profile-change.js';

/** Whether writing an equal value to a mapped attribute triggers a delivery. */
export type ChangeDetection = 'EXPORT_ALWAYS' | 'EXPORT_IF_CHANGED';

/** An activation as far as it decides what triggers. */
export interface TriggerRules {
  activationId: number;
  destinationId: number;
  /** Dot paths. */
  attributes: readonly string[];
  changeDetection: ChangeDetection;
  /** Of its destination. */
  consent: ConsentRule | null;
  segments: readonly { id: number; segmentId: string }[];
}

/** A change of one profile. */
export interface TriggeringChange {
  /** Null if the profile is new. */
  before: ProfileState | null;
  after: ProfileState;
  /** The attributes that were written, as they were given; for EXPORT_ALWAYS. */
  written: readonly Readonly<Record<string, unknown>>[];
}

/**
 * What in a change triggers a delivery under an activation; empty if nothing does.
 * @param now a membership past its `validUntil` counts as exited; its exit triggers when it is marked, not here.
 */
export function findCauses(change: TriggeringChange, rules: TriggerRules, now: Date): DeliveryCause[] {
  const { before, after } = change;
  const { consent } = rules;
  const isPermitted = permitsExport(consent, after.attributes);
  const wasPermitted = before !== null && permitsExport(consent, before.attributes);
  if (!isPermitted) {
    const mustLeave = wasPermitted && consent?.whenRefused === 'SEND_EXIT' && isMember(before, rules, now);
    return mustLeave ? [{ kind: 'CONSENT', subject: consent.path }] : [];
  }
  const causes = membershipCauses(change, rules, now);
  if (!isMember(after, rules, now)) return causes;
  if (consent && before !== null && !wasPermitted) causes.push({ kind: 'CONSENT', subject: consent.path });
  causes.push(...identityCauses(before, after), ...attributeCauses(change, rules));
  return causes;
}

function isMember(state: ProfileState, { segments }: TriggerRules, now: Date): boolean {
  return segments.some(({ id }) => isPresentMembership(state.memberships[String(id)], now));
}

/** A member that qualifies again (existing) triggers nothing. */
function membershipCauses({ before, after }: TriggeringChange, rules: TriggerRules, now: Date): DeliveryCause[] {
  return rules.segments.flatMap(({ id, segmentId }): DeliveryCause[] => {
    const held = before?.memberships[String(id)];
    const holds = after.memberships[String(id)];
    return holds && isTrigger(held, holds, now) ? [{ kind: 'MEMBERSHIP', subject: segmentId }] : [];
  });
}

function isTrigger(held: StoredMembership | undefined, holds: StoredMembership, now: Date): boolean {
  if (holds.status === held?.status || holds.status === 'EXISTING') return false;
  return holds.status === 'EXITED' || isPresentMembership(holds, now);
}

function identityCauses(before: ProfileState | null, after: ProfileState): DeliveryCause[] {
  const had = before?.identities ?? {};
  const namespaces = new Set([...Object.keys(had), ...Object.keys(after.identities)]);
  return [...namespaces]
    .filter((namespace) => !isSameSet(ownValues(had, namespace), ownValues(after.identities, namespace)))
    .map((namespace) => ({ kind: 'IDENTITY', subject: namespace }));
}

function ownValues(identities: Record<string, string[]>, namespace: string): string[] {
  return Object.hasOwn(identities, namespace) ? (identities[namespace] ?? []) : [];
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}

function attributeCauses({ before, after, written }: TriggeringChange, rules: TriggerRules): DeliveryCause[] {
  const had = before?.attributes ?? {};
  const isAlways = rules.changeDetection === 'EXPORT_ALWAYS';
  return rules.attributes
    .filter((path) => {
      if (readSent(had, path) !== readSent(after.attributes, path)) return true;
      return isAlways && written.some((attributes) => isWritten(attributes, path));
    })
    .map((path) => ({ kind: 'ATTRIBUTE', subject: path }));
}

/** The value that records hold; nulls, arrays and maps are left out of them. */
function readSent(attributes: Readonly<Record<string, unknown>>, path: string): unknown {
  const value = readAttribute(attributes, path);
  return typeof value === 'object' ? undefined : value;
}
