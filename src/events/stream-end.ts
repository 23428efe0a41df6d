/** The named ends of a stream of events, in words. */

import type { EndUpdate, StreamEndCode } from './delivery-update.js';

const MESSAGES: Record<StreamEndCode, string> = {
  CONSUMER_TOO_SLOW:
    'The subscription left events unread for too long. Subscribe again with `resumeAfter`: nothing is missed.',
  CURSOR_EXPIRED:
    'Events behind the cursor are not kept any more. Read the present state, then subscribe with `resumeAfter`, the oldest position left.',
  CURSOR_INVALID:
    'The cursor in `after` is malformed, of another destination, or ahead of every event. Use one that this destination gave.',
  DESTINATION_DELETED: 'The destination was deleted. There is nothing more to come.',
  EXPORT_FINISHED: 'The export has finished and all its events were sent.',
  NOT_FOUND:
    'There is no such destination, or no such export or activation of it, in this workspace. Check the global ids.',
  SERVER_STOPPING: 'This server is shutting down. Subscribe again with `resumeAfter`: nothing is missed.',
};

/** Makes the last update of a stream. */
export function endOf(code: StreamEndCode, resumeAfter: string | null = null): EndUpdate {
  return { kind: 'END', number: null, code, message: MESSAGES[code], resumeAfter };
}
