/**
 * Headers of every page: nothing that the service does not serve itself, no script and no style in the page, no frames, no forms that
 * lead elsewhere.
 */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With no-referrer a browser would not tell which page a form is of.
  "referrer-policy": "same-origin",
} as const;

/** Headers of a file whose address changes with its content. */
export const ASSET_HEADERS = {
  "cache-control": "public, max-age=31536000, immutable",
  "cross-origin-resource-policy": "same-origin",
} as const;
