/** Entry of the console: renders it into the page. */

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { followSignInLink } from './sign-in-link.js';
import { publishStyleNonce } from './style-nonce.js';

const place = document.getElementById('root');
if (!place) throw new Error('The page has no place for the console.');
publishStyleNonce();
const root = createRoot(place);
void followSignInLink().then((linkFault) =>
  root.render(
    <StrictMode>
      <App linkFault={linkFault} />
    </StrictMode>,
  ),
);
