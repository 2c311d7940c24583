// `npm start` as somebody meets it: ready with a demo tenant, gone without a trace, also when it is killed, and back
// with the same data.

import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, describe, expect, it } from "vitest"
import { isPortFree } from "../../scripts/lib/dev-server.ts"
import { root } from "../../scripts/lib/root.ts"

const START_WITHIN_MS = 120_000

type Running = { readonly child: ChildProcess; readonly url: string; readonly token: string }

const state = mkdtempSync(join(tmpdir(), "ledgerline-start-"))
const children: ChildProcess[] = []

afterAll(() => {
  for (const child of children) child.kill("SIGKILL")
  rmSync(state, { recursive: true, force: true })
})

function launch(port: number): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(process.execPath, [join(root, "scripts/bootstrap.mjs"), "start"], {
    env: { ...process.env, PORT: String(port), LEDGERLINE_STATE: state },
    stdio: ["ignore", "pipe", "pipe"],
  })
  children.push(child)
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()))
  return { child, output: () => output }
}

async function start(port: number): Promise<Running> {
  const { child, output } = launch(port)
  for (const deadline = Date.now() + START_WITHIN_MS; !/^Ready/m.test(output()); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`It did not start:\n${output()}`)
  }
  const value = (name: string) => new RegExp(`export ${name}=(\\S+)`).exec(output())?.[1] ?? ""
  return { child, url: value("BASE_URL"), token: value("ADMIN_TOKEN") }
}

function codeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("exit", resolve))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === "object" ? (address?.port ?? 0) : 0
}

async function list(path: string, { url, token }: Running): Promise<ReadonlyArray<Record<string, unknown>>> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  return (await answer.json()) as ReadonlyArray<Record<string, unknown>>
}

describe("npm start", () => {
  it(
    "serves a demo, survives a kill with its data, and leaves nothing behind",
    { timeout: 300_000 },
    async () => {
      const port = await freePort()
      const first = await start(port)
      expect(first.url).toBe(`http://127.0.0.1:${port}`)
      expect(first.token).toMatch(/^bsk_test_/)
      expect(statSync(join(state, "demo.json")).mode & 0o777).toBe(0o600)
      expect(statSync(join(root, ".dev.vars")).mode & 0o777).toBe(0o600)
      // The quick start takes the first plan of the list.
      expect((await list("/admin/v1/catalog/plans", first)).map((plan) => plan["name"])).toEqual([
        "Startup",
        "Scale",
      ])
      const made = await fetch(`${first.url}/admin/v1/customers`, {
        method: "POST",
        headers: { authorization: `Bearer ${first.token}`, "content-type": "application/json" },
        body: JSON.stringify({ display_name: "Acme Corp", email: "billing@acmecorp.com", currency: "USD" }),
      })
      expect([made.status, await made.text()]).toEqual([201, expect.any(String)])

      const killed = codeOf(first.child)
      first.child.kill("SIGKILL")
      await killed
      while (!(await isPortFree(port))) await sleep(100)

      const second = await start(port)
      expect(second.token).toBe(first.token)
      expect((await list("/admin/v1/customers", second)).map((customer) => customer["display_name"])).toEqual(
        ["Acme Corp"],
      )
      const ended = codeOf(second.child)
      second.child.kill("SIGINT")
      expect(await ended).toBe(0)
      expect(await isPortFree(port)).toBe(true)
    },
  )

  it("says so when the port is taken", { timeout: 60_000 }, async () => {
    const port = await freePort()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve))
    const { child, output } = launch(port)
    expect(await codeOf(child)).toBe(1)
    expect(output()).toContain(`Port ${port} is in use`)
    await new Promise((resolve) => other.close(resolve))
  })
})
