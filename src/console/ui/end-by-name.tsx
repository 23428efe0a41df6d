/** A button that ends a thing for good: asks for its name, runs the mutation, and says so if that was refused. */

import { Button, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { AnyVariables, TypedDocumentNode } from 'urql';
import { ConfirmByName } from './confirm-by-name.js';
import { useAction } from './outcome.js';
import { tellRefusal } from './tell-refusal.js';

/** What is ended, and how. */
export interface EndByNameProps<Data extends object, Variables extends AnyVariables> {
  readonly document: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  /** Text of the button. */
  readonly label: string;
  /** For who cannot see what stands beside it. */
  readonly description?: string;
  readonly size?: ButtonProps['size'];
  /** Such as `Delete the segment`. */
  readonly title: string;
  /** What has to be typed. */
  readonly name: string;
  readonly consequence: string;
  readonly onDone?: () => void;
}

/** The button, with its question. */
export function EndByName<Data extends object, Variables extends AnyVariables>(props: EndByNameProps<Data, Variables>) {
  const { document, variables, label, description, size, title, name, consequence, onDone } = props;
  const [isAsking, { open, close }] = useDisclosure();
  const { isRunning, run } = useAction(document);
  const end = async () => {
    const outcome = await run(variables);
    close();
    if (outcome.isDone) onDone?.();
    else tellRefusal(outcome.refusal.message);
  };
  return (
    <>
      <Button variant="outline" color="red" onClick={open} {...(size && { size })} aria-label={description}>
        {label}
      </Button>
      <ConfirmByName
        isOpen={isAsking}
        onClose={close}
        title={title}
        name={name}
        consequence={consequence}
        isRunning={isRunning}
        onConfirm={() => void end()}
      />
    </>
  );
}
