/**
 * Rows of the live view as a table. Plain elements: at 200 events a second, rows of the library's components and a router
 * link each kept the page's thread busy for longer than 50 ms at a time.
 */

import { type MouseEvent, memo } from 'react';
import { useLocation } from 'wouter';
import { MomentText } from '../ui/moment-text.js';
import { stateColour } from '../ui/state-badge.js';
import { capitalize, toWords } from '../ui/words.js';
import type { LiveRow } from './live-row.js';
import styles from './live-table.module.css';

const TITLES = ['Time', 'What', 'Profile', 'Details'];

/** Shows rows. */
export function LiveTable({ rows }: { rows: readonly LiveRow[] }) {
  const [, navigate] = useLocation();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached with the keyboard
    <section tabIndex={0} aria-label="Newest events" style={{ overflowX: 'auto' }}>
      <table className={styles['table']} aria-label="Events">
        <thead>
          <tr>
            {TITLES.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} onOpen={navigate} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly row: LiveRow;
  readonly onOpen: (href: string) => void;
}

/** Rows never change: only new ones are drawn. */
const Row = memo(function Row({ row: { at, state, profileId, text }, onOpen }: RowProps) {
  return (
    <tr>
      <td>
        <MomentText at={at} />
      </td>
      <td>
        <span className={styles['dot']} style={{ background: stateColour(state) }} />
        {capitalize(toWords(state))}
      </td>
      <td>{profileId !== null && <ProfileLink profileId={profileId} onOpen={onOpen} />}</td>
      <td>{text}</td>
    </tr>
  );
});

function ProfileLink({ profileId, onOpen }: { profileId: string; onOpen: (href: string) => void }) {
  const href = `/profiles/${encodeURIComponent(profileId)}`;
  const open = (event: MouseEvent) => {
    // Those with a key held open another tab or window.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onOpen(href);
  };
  return (
    <a className={styles['link']} href={href} onClick={open}>
      {profileId}
    </a>
  );
}
