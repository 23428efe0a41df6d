/** Keeps the console standing when a view breaks, or cannot be loaded because the server has a newer build. */

import { Alert, Button, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** What is kept from breaking everything around it. */
export interface FaultBoundaryProps {
  readonly children: ReactNode;
}

/** Shows what is inside or, once that has thrown, how to go on. */
export class FaultBoundary extends Component<FaultBoundaryProps, { readonly hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  /** For React: the state after a throw. */
  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Alert color="red" variant="outline" role="alert" title="This view broke">
        <Stack align="flex-start" gap="sm">
          <Text>The server may have a newer version of the console. Nothing that was saved is lost.</Text>
          <Button variant="default" onClick={() => window.location.reload()}>
            Load the console again
          </Button>
        </Stack>
      </Alert>
    );
  }
}
