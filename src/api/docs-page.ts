// The page of the API explorer: Swagger UI on our own document. Pure, a function of the document's path.
// Law: nothing comes from elsewhere. Scripts and styles are files of ours, so the policy below can forbid all else.

export const docsPageHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  // Swagger UI sets style attributes and draws its icons from data: addresses; scripts are files only.
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
}

export function docsPage(specPath: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Ledgerline API</title>
    <link rel="icon" type="image/png" href="/docs/api/assets/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/api/assets/swagger-ui.css" />
    <link rel="stylesheet" href="/docs/api/explorer.css" />
  </head>
  <body>
    <main id="explorer" data-spec="${escapeAttribute(specPath)}">
      <noscript>The explorer needs JavaScript. The document itself is at ${escapeAttribute(specPath)}.</noscript>
    </main>
    <script src="/docs/api/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/api/explorer.js"></script>
  </body>
</html>
`
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")
}
