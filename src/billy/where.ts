// Which requests are Billy's. The original client knows no path before /v1, so Billy answers at the root as well, beside
// the native API (docs/decisions/0021-where-billy-answers.md).
// Law: a request with a Bearer token or an X-API-Key is the native API's, wherever it goes.

import { isForm } from "./params.ts"

const MOUNT = "/billy"
/** What Billy has at the root. The rest of /v1 is pages and addresses of others, who may come with Basic credentials too. */
const OURS = /^\/(?:v1\/(?:companies|customers|plans|subscriptions|invoices|transactions)(?:\/.*)?)?$/
const CALLBACK = /^\/v1\/companies\/[^/]+\/callbacks\/[^/]+\/?$/
const REGISTRATION = /^\/v1\/companies\/?$/

export function isBilly({ url, method, headers }: Request): boolean {
  const authorization = headers.get("Authorization") ?? ""
  if (headers.has("X-API-Key") || /^Bearer(\s|$)/i.test(authorization)) return false
  const { pathname } = new URL(url)
  if (pathname === MOUNT || pathname.startsWith(`${MOUNT}/`)) return true
  if (!OURS.test(pathname)) return false
  if (/^Basic(\s|$)/i.test(authorization) || CALLBACK.test(pathname)) return true
  return method === "POST" && REGISTRATION.test(pathname) && mayBeForm(headers)
}

/** A form without any field has no content type. */
function mayBeForm(headers: Headers): boolean {
  const type = headers.get("Content-Type")
  return type === null || isForm(type)
}

/** The path below the mount, without slashes at its end. */
export function pathOf(url: string): string {
  const { pathname } = new URL(url)
  const isMounted = pathname === MOUNT || pathname.startsWith(`${MOUNT}/`)
  const path = isMounted ? pathname.slice(MOUNT.length) : pathname
  return path.replace(/\/+$/, "") || "/"
}
