// A caller of a server over the network.

export type Reply = { readonly status: number; readonly headers: Headers; readonly text: string }

export type Caller = {
  readonly call: (method: string, path: string, body?: unknown, key?: string) => Promise<Reply>
  /** The parsed answer of a call that must succeed. */
  readonly get: <T>(path: string) => Promise<T>
  readonly post: <T>(path: string, body?: unknown, key?: string) => Promise<T>
}

export function callerOf(url: string, credential: string): Caller {
  const call: Caller["call"] = async (method, path, body, key) => {
    const headers: Record<string, string> = { Authorization: `Bearer ${credential}` }
    if (body !== undefined) headers["Content-Type"] = "application/json"
    if (key !== undefined) headers["Idempotency-Key"] = key
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(url + path, { method, headers, ...content })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const succeed = async <T>(method: string, path: string, body?: unknown, key?: string): Promise<T> => {
    const reply = await call(method, path, body, key)
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
    return JSON.parse(reply.text) as T
  }
  return {
    call,
    get: (path) => succeed("GET", path),
    post: (path, body, key) => succeed("POST", path, body, key),
  }
}

/** A new tenant's admin key. */
export async function newTenantKey(url: string, rootKey: string): Promise<string> {
  const tenant = { name: "Test tenant", mode: "test" }
  const made = await callerOf(url, rootKey).post<{ api_key: { key: string } }>("/admin/v1/tenants", tenant)
  return made.api_key.key
}

/** All pages of a list. */
export async function all<T>(caller: Caller, path: string): Promise<T[]> {
  const rows: T[] = []
  for (let next: string | undefined = path; next !== undefined;) {
    const page = await caller.call("GET", next)
    if (page.status !== 200) throw new Error(`GET ${next}: ${page.status} ${page.text}`)
    rows.push(...(JSON.parse(page.text) as T[]))
    const link = /<([^>]+)>; rel="next"/.exec(page.headers.get("Link") ?? "")?.[1]
    next = link === undefined ? undefined : link.slice(new URL(link).origin.length)
  }
  return rows
}
