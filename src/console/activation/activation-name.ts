/** What an activation is called, since it has no name of its own: its segments. Pure. */

const MOST_NAMES = 3;

/** Names of the first segments, with the number of others. */
export function nameActivation({ segments }: { segments: readonly { segment: { name: string } }[] }): string {
  const names = segments.slice(0, MOST_NAMES).map(({ segment }) => segment.name);
  const others = segments.length - names.length;
  return others > 0 ? `${names.join(', ')} and ${others} more` : names.join(', ');
}
