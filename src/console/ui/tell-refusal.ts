/** Says, aside, that a mutation was refused. */

import { notifications } from '@mantine/notifications';

/** @param message as the refusal has it. */
export function tellRefusal(message: string): void {
  notifications.show({ color: 'red', title: 'Nothing was changed', message });
}
