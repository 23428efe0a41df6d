/** Second step: the attributes that records hold, as a tree of those that real profiles have. */

import { Checkbox, Stack, TagsInput, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { AttributePathsDocument } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import type { DraftProps } from './activation-draft.js';
import { type AttributeNode, buildAttributeTree } from './attribute-tree.js';

const LONGEST_SAMPLE = 60;
const PERCENT = 100;

/** The step. */
export function AttributesStep({ draft, onChange }: DraftProps) {
  const [result, reload] = useQuery({ query: AttributePathsDocument });
  const change = (attributes: readonly string[]) => onChange({ attributes });
  return (
    <Stack mt="md" maw={640}>
      <TagsInput
        label="Attributes"
        description="Pick from the tree below, or type dot paths such as person.name.firstName. Without any, records hold identities and memberships only."
        value={[...draft.attributes]}
        onChange={change}
        clearable
        clearButtonProps={{ 'aria-label': 'Leave out all' }}
      />
      <Loaded result={result} onRetry={reload}>
        {({ attributePaths }) => (
          <AttributeTree nodes={buildAttributeTree(attributePaths)} chosen={draft.attributes} onChange={change} />
        )}
      </Loaded>
    </Stack>
  );
}

interface AttributeTreeProps {
  readonly nodes: readonly AttributeNode[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

function AttributeTree({ nodes, chosen, onChange }: AttributeTreeProps) {
  if (nodes.length === 0)
    return <Text c="dimmed">No profile has an attribute yet. Type the paths, or bring profiles in first.</Text>;
  return (
    <Stack gap="xs">
      {nodes.map((node) => (
        <AttributeBranch key={node.path} node={node} chosen={chosen} onChange={onChange} />
      ))}
    </Stack>
  );
}

function AttributeBranch({ node, chosen, onChange }: Omit<AttributeTreeProps, 'nodes'> & { node: AttributeNode }) {
  const isChosen = chosen.includes(node.path);
  if (node.children.length > 0)
    return (
      <Stack gap="xs" role="group" aria-label={node.path}>
        <Text size="sm" fw={600}>
          {node.name}
        </Text>
        <Stack gap="xs" pl="lg">
          <AttributeTree nodes={node.children} chosen={chosen} onChange={onChange} />
        </Stack>
      </Stack>
    );
  return (
    <Checkbox
      label={node.name}
      description={describe(node)}
      checked={isChosen}
      onChange={() => onChange(isChosen ? chosen.filter((path) => path !== node.path) : [...chosen, node.path])}
    />
  );
}

function describe({ sample, share }: AttributeNode): string {
  const held = `${Math.round(share * PERCENT)} % of profiles`;
  return sample === null ? held : `For example: ${sample.slice(0, LONGEST_SAMPLE)} (${held})`;
}
