/** Colours and sizes of the console. Text keeps a contrast of 4.5 to 1 in light and dark. */

import { Alert, type CSSVariablesResolver, createTheme, Notification } from '@mantine/core';

/** The theme. */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: { fontWeight: '600' },
  components: {
    // The border has the colour; the words keep their contrast.
    Alert: Alert.extend({ styles: { label: { color: 'var(--mantine-color-text)' } } }),
    Notification: Notification.extend({ styles: { description: { color: 'var(--mantine-color-dimmed)' } } }),
    CloseButton: { defaultProps: { 'aria-label': 'Close' } },
  },
});

/** The library's own dimmed, placeholder and error colours are below the contrast that readers need. */
export const resolveColours: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': colors.gray[7],
    '--mantine-color-placeholder': colors.gray[7],
    '--mantine-color-error': colors.red[9],
    '--mantine-color-anchor': colors.indigo[8],
    // Words of an outlined button, also on the shade that it has under the pointer.
    '--mantine-color-red-outline': colors.red[9],
  },
  dark: {
    '--mantine-color-dimmed': colors.dark[1],
    '--mantine-color-placeholder': colors.dark[1],
    '--mantine-color-error': colors.red[4],
    '--mantine-color-anchor': colors.indigo[3],
  },
});
