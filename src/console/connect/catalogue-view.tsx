/** The catalogue: kinds of places that data can go. */

import { Badge, Button, Card, Group, SimpleGrid, Text, Title } from '@mantine/core';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { CatalogueDocument, type CatalogueQuery } from '../generated/graphql.js';
import { Loaded } from '../ui/loaded.js';
import { ViewFrame } from '../ui/view-frame.js';
import { capitalize, toWords } from '../ui/words.js';

/** One entry of the catalogue. */
export type DestinationType = CatalogueQuery['destinationTypes'][number];

/** The catalogue. */
export function CatalogueView() {
  const [result, reload] = useQuery({ query: CatalogueDocument });
  return (
    <ViewFrame title="Connect a destination" above={[{ href: '/', label: 'Overview' }]}>
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ destinationTypes }) => (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            {destinationTypes.map((type) => (
              <TypeCard key={type.kind} type={type} />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
    </ViewFrame>
  );
}

function TypeCard({ type }: { type: DestinationType }) {
  return (
    <Card withBorder component="article" aria-label={type.name}>
      <Group justify="space-between">
        <Title order={2} size="h4">
          {type.name}
        </Title>
        <Badge variant="default" tt="none">
          {type.category}
        </Badge>
      </Group>
      <Text mt="sm">{type.description}</Text>
      <Text size="sm" c="dimmed" my="sm">
        {capitalize(toWords(type.exportType))}, {toWords(type.frequency)}
      </Text>
      <Button component={Link} href={`/destinations/new/${type.kind}`}>
        Set up {type.name}
      </Button>
    </Card>
  );
}
