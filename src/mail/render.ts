// A mail as it is sent: subject, plain text and HTML with the same content.
// Law: whatever a name or a description contains, it is text: escaped in the HTML, and of one line in the subject.

import { html, raw } from "hono/html"
import type { Mail } from "./port.ts"
import type { Words } from "./words.ts"
import { wordsOf } from "./words.ts"

export type Rendered = { readonly subject: string; readonly text: string; readonly html: string }

export async function rendered({ letter, company, name }: Mail): Promise<Rendered> {
  const words = wordsOf(letter, oneLine(company))
  return {
    subject: oneLine(words.subject),
    text: textOf(words, name, company),
    html: await htmlOf(words, name, company),
  }
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim()
}

function textOf({ paragraphs, rows, link }: Words, name: string, company: string): string {
  const table = rows.map(([label, value]) => (value === "" ? label : `${label}: ${value}`)).join("\n")
  const parts = [
    `Hello ${name},`,
    ...paragraphs,
    ...(table === "" ? [] : [table]),
    ...(link === null ? [] : [`${link.text}: ${link.url}`]),
    company,
  ]
  return `${parts.join("\n\n")}\n`
}

const CELL = raw("padding:6px 0;border-bottom:1px solid #e4e4e7;vertical-align:top")

// Mail programs know little CSS, and only beside the element.
async function htmlOf(
  { subject, paragraphs, rows, link }: Words,
  name: string,
  company: string,
): Promise<string> {
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${subject}</title>
      </head>
      <body
        style="margin:0;padding:24px;background:#f4f4f5;font:16px/1.5 -apple-system,Segoe UI,Roboto,sans-serif;color:#18181b"
      >
        <div style="max-width:560px;margin:0 auto;padding:32px;background:#fff;border-radius:8px">
          <p style="margin:0 0 16px">Hello ${name},</p>
          ${paragraphs.map((text) => html`<p style="margin:0 0 16px">${text}</p>`)}
          ${rows.length === 0 ? "" : tableOf(rows)}
          ${link === null ? "" : html`<p style="margin:24px 0"><a href="${link.url}" style="padding:10px 18px;background:#18181b;color:#fff;border-radius:6px;text-decoration:none">${link.text}</a></p>`}
          <p style="margin:24px 0 0;color:#71717a">${company}</p>
        </div>
      </body>
    </html> `
  return page.toString()
}

function tableOf(rows: Words["rows"]) {
  return html`<table role="presentation" style="width:100%;border-collapse:collapse;margin:0 0 16px">
    ${rows.map(
      ([label, value]) =>
        html`<tr>
          <td style="${CELL}">${label}</td>
          <td style="${CELL};text-align:right;white-space:nowrap;padding-left:16px">${value}</td>
        </tr>`,
    )}
  </table>`
}
