// What all pages for people have in common: the frame, the looks, and the headers.
// Law: a page needs nothing from elsewhere and runs no script; its style is its own by a nonce, and nobody may frame it. The link that it
// was reached by permits what it does, so it goes to no other site as a referrer and is kept nowhere.

import { html, raw } from "hono/html"
import { randomToken } from "../runtime/ids.ts"

export type Part = ReturnType<typeof html>

export type Page = {
  readonly title: string
  readonly body: Part
  /** Where a form of it may lead beside this site: an origin. */
  readonly leadsTo?: string | null
}

const STYLE = raw(`
:root { color-scheme: light dark; --ink: #18181b; --soft: #71717a; --line: #d4d4d8; --card: #fff; --back: #f4f4f5; --go: #1d4ed8 }
@media (prefers-color-scheme: dark) { :root { --ink: #f4f4f5; --soft: #a1a1aa; --line: #3f3f46; --card: #18181b; --back: #09090b; --go: #2563eb } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--back); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { width: 100%; max-width: 28rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3 }
p { margin: 0 0 1rem }
.soft { color: var(--soft); font-size: .9rem }
.mode { display: inline-block; margin: 0 0 1rem; padding: .1rem .6rem; border-radius: 1rem; background: #fef3c7; color: #78350f; font-size: .8rem }
.amount { margin: 0; font-size: 2rem; font-weight: 650; letter-spacing: -.02em; overflow-wrap: anywhere }
fieldset { margin: 0 0 1.5rem; padding: 0; border: 0 }
legend { padding: 0 0 .5rem; font-weight: 600 }
label { display: flex; gap: .75rem; align-items: baseline; padding: .6rem .75rem; border: 1px solid var(--line); border-bottom-width: 0; cursor: pointer }
label:first-of-type { border-radius: .5rem .5rem 0 0 }
label:last-of-type { border-radius: 0 0 .5rem .5rem; border-bottom-width: 1px }
label:has(:checked) { background: color-mix(in srgb, var(--go) 10%, transparent) }
label .does { margin-left: auto; text-align: right; color: var(--soft); font-size: .9rem }
.number { white-space: nowrap; font-variant-numeric: tabular-nums }
.actions { display: flex; gap: .75rem; flex-wrap: wrap }
button, .button { flex: 1; padding: .7rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: transparent; color: inherit;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer }
.go { border-color: var(--go); background: var(--go); color: #fff }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--go) 50%, transparent); outline-offset: 2px }
`)

export async function pageResponse({ title, body, leadsTo = null }: Page, status = 200): Promise<Response> {
  const nonce = randomToken(16)
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `
  const forms = leadsTo === null ? "'self'" : `'self' ${leadsTo}`
  return new Response(page.toString(), {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy": `default-src 'none'; style-src 'nonce-${nonce}'; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`,
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    },
  })
}

/** A page that only says something. */
export function messagePage(title: string, text: string, status = 200): Promise<Response> {
  return pageResponse(
    {
      title,
      body: html`<h1>${title}</h1>
        <p>${text}</p>`,
    },
    status,
  )
}

export const TEST_MODE = html`<p class="mode">Test mode: no money moves</p>`

export function deadLink(): Promise<Response> {
  return messagePage("This link is not valid any more", "Ask whoever sent it to you for a new one.", 404)
}
