/** What stands around every view: the name, the way between views, colours, and signing out. */

import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  NavLink,
  Stack,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { Link, useLocation } from 'wouter';
import { ViewerDocument } from './generated/graphql.js';
import { useSession } from './session.js';
import styles from './shell.module.css';
import { toWords } from './ui/words.js';

const PLACES: readonly { href: string; label: string; isForAdmins?: true }[] = [
  { href: '/', label: 'Overview' },
  { href: '/exports', label: 'Exports' },
  { href: '/failed-records', label: 'Failed records' },
  { href: '/segments', label: 'Segments' },
  { href: '/profiles', label: 'Profiles' },
  { href: '/upload', label: 'Upload' },
  { href: '/credentials', label: 'Credentials' },
  { href: '/api-keys', label: 'API keys', isForAdmins: true },
  { href: '/audit', label: 'Audit log', isForAdmins: true },
];

/** Id of the element that holds the view. */
const CONTENT = 'content';

/** Frame of the signed-in console. */
export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, { toggle, close }] = useDisclosure();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className={styles['skip']} href={`#${CONTENT}`}>
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Menu"
              aria-expanded={isOpen}
            />
            <Text fw={700}>Tributary</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeToggle />
            <SignOut />
          </Group>
        </Group>
      </AppShell.Header>
      {/* A closed menu is only moved out of sight by the library: the keyboard would still go through it. */}
      <AppShell.Navbar p="xs" aria-label="Views" {...(!isOpen && { visibleFrom: 'sm' })}>
        <Places onChoose={close} />
        <Who />
      </AppShell.Navbar>
      <AppShell.Main id={CONTENT} tabIndex={-1} className={styles['content']}>
        {children}
      </AppShell.Main>
    </AppShell>
  );
}

function Places({ onChoose }: { onChoose: () => void }) {
  const [location] = useLocation();
  const [{ data }] = useQuery({ query: ViewerDocument });
  const places = PLACES.filter(({ isForAdmins }) => !isForAdmins || data?.viewer.role === 'ADMIN');
  return (
    <Stack gap={2} flex={1}>
      {places.map(({ href, label }) => {
        const isHere = href === '/' ? location === '/' : location.startsWith(href);
        return (
          <NavLink
            key={href}
            component={Link}
            href={href}
            label={label}
            variant="filled"
            active={isHere}
            {...(isHere && { 'aria-current': 'page' as const })}
            onClick={onChoose}
          />
        );
      })}
    </Stack>
  );
}

function Who() {
  const [{ data }] = useQuery({ query: ViewerDocument });
  if (!data) return null;
  const { actor, role, workspace } = data.viewer;
  return (
    <Text size="xs" c="dimmed" p="xs">
      {workspace.name}: {actor.name}, {toWords(role)}
    </Text>
  );
}

function SchemeToggle() {
  const scheme = useComputedColorScheme('light');
  const { setColorScheme } = useMantineColorScheme();
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon variant="default" size="lg" aria-label={`Use ${other} colours`} onClick={() => setColorScheme(other)}>
      <span aria-hidden>{scheme === 'dark' ? '☀' : '☾'}</span>
    </ActionIcon>
  );
}

function SignOut() {
  const { signOut } = useSession();
  return (
    <Button variant="default" onClick={signOut}>
      Sign out
    </Button>
  );
}
