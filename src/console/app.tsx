/** The console: its look, its session, and what is shown at which address. */

import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { type ReactNode, useEffect, useMemo } from 'react';
import { Provider } from 'urql';
import { connectApi } from './api-client.js';
import { Routes } from './routes.js';
import { SessionProvider, useSession } from './session.js';
import { Shell } from './shell.js';
import { SignInView } from './sign-in-view.js';
import { SocketContext } from './socket.js';
import { readStyleNonce } from './style-nonce.js';
import { resolveColours, theme } from './theme.js';
import { FaultBoundary } from './ui/fault-boundary.js';

/** The whole console. @param linkFault why the link that was followed did not sign in; null if none failed. */
export function App({ linkFault }: { linkFault: string | null }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveColours}
      defaultColorScheme="auto"
      getStyleNonce={readStyleNonce}
    >
      <Notifications position="bottom-right" />
      <SessionProvider>
        <SignedIn linkFault={linkFault}>
          <Shell>
            <FaultBoundary>
              <Routes />
            </FaultBoundary>
          </Shell>
        </SignedIn>
      </SessionProvider>
    </MantineProvider>
  );
}

/** Shows what is inside to who is signed in; else asks for a key, at the same address. */
function SignedIn({ linkFault, children }: { linkFault: string | null; children: ReactNode }) {
  const { apiKey } = useSession();
  if (apiKey === null) return <SignInView linkFault={linkFault} />;
  return (
    <ApiProvider key={apiKey} apiKey={apiKey}>
      {children}
    </ApiProvider>
  );
}

function ApiProvider({ apiKey, children }: { apiKey: string; children: ReactNode }) {
  const { signOut } = useSession();
  const connection = useMemo(() => connectApi({ apiKey, onRefused: signOut }), [apiKey, signOut]);
  useEffect(() => () => connection.close(), [connection]);
  return (
    <SocketContext value={connection.socket}>
      <Provider value={connection.client}>{children}</Provider>
    </SocketContext>
  );
}
