/** Saves changes of an activation, not over those of somebody else. */

import { useState } from 'react';
import type { ActivationDraft } from '../activate/activation-draft.js';
import {
  type ActivationRowFragment,
  UpdateActivationDocument,
  type UpdateActivationMutation,
} from '../generated/graphql.js';
import { listFaults, type SuccessOf, useAction } from '../ui/outcome.js';
import { findAdded, findRemoved, toChanges } from './activation-changes.js';

/** The activation as it was saved, with the exports that this started. */
export type SavedActivation = SuccessOf<UpdateActivationMutation>;

/** What is saved. */
export interface ActivationUpdateOptions {
  /** What the draft began with. */
  readonly base: ActivationRowFragment;
  readonly draft: ActivationDraft;
  /** Whether members of the segments taken out are sent as exited. */
  readonly sendExits: boolean;
  readonly onSaved: (saved: SavedActivation) => void;
}

/** The update that a draft asks for. */
export function useActivationUpdate({ base, draft, sendExits, onSaved }: ActivationUpdateOptions) {
  const [conflict, setConflict] = useState<ActivationRowFragment | null>(null);
  const [refusal, setRefusal] = useState<string>();
  const { isRunning, run } = useAction(UpdateActivationDocument);
  const changes = toChanges(base, draft);
  const present = conflict ?? base;
  const isMapping = changes.segmentIds !== undefined;
  const save = async () => {
    const outcome = await run({ input: { id: base.id, expectedVersion: present.version, ...changes, sendExits } });
    if (outcome.isDone) return onSaved(outcome.success);
    const { answer } = outcome;
    const theirs = answer?.__typename === 'ConflictError' ? answer.current : null;
    if (isActivation(theirs)) setConflict(theirs);
    setRefusal(isActivation(theirs) ? undefined : listFaults(outcome.refusal));
  };
  return {
    /** The activation as somebody else saved it meanwhile; null if nobody did. */
    conflict,
    refusal,
    isRunning,
    hasChanges: Object.keys(changes).length > 0,
    hasAdded: isMapping && findAdded(present, draft).length > 0,
    /** Names of segments that are taken out, also of those that only somebody else put in. */
    removed: isMapping ? findRemoved(present, draft) : [],
    save,
  };
}

function isActivation(found: object | null): found is ActivationRowFragment {
  return found !== null && 'version' in found && 'segments' in found;
}
