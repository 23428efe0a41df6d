/** The nonce of this page's styles: the Content-Security-Policy refuses inline styles without it. */

declare global {
  /** Where libraries that add styles to the page look for a nonce: scroll locks of dialogs, for one. */
  var __webpack_nonce__: string | undefined;
}

/** Reads the nonce that the server wrote into the page; empty where no policy is served, as in development. */
export function readStyleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '';
}

/** Hands the nonce to libraries that ask the page for it. Call it before anything is rendered. */
export function publishStyleNonce(): void {
  globalThis.__webpack_nonce__ = readStyleNonce();
}
