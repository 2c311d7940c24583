// `npm run audit-ledger` against a server that answers as the API does: all pages, an exit code, and a key that goes nowhere else.

import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import path from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"

const run = promisify(execFile)
const SCRIPT = path.join(import.meta.dirname, "../../scripts/audit-ledger.ts")

const DIFFERENCE = {
  check: "Receivables",
  customer_id: "c-1",
  currency: "USD",
  account: null,
  expected_nanos: "10000000000",
  actual_nanos: "0",
}

let differences: readonly object[] = []

// Its links point elsewhere, as behind a proxy.
const server = createServer((request, response) => {
  const isLast = request.url?.includes("cursor=two") === true
  if (request.headers.authorization !== "Bearer brk_1") return response.writeHead(401).end("no")
  if (!isLast)
    response.setHeader(
      "Link",
      `<http://elsewhere.test/admin/v1/ledger/audit?limit=100&cursor=two>; rel="next"`,
    )
  response.setHeader("Content-Type", "application/json")
  return response.end(JSON.stringify({ customers: isLast ? 1 : 100, differences: isLast ? differences : [] }))
})

let url = ""

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => server.close())

async function audit(key: string): Promise<[number, string]> {
  try {
    const env = { ...process.env, LEDGERLINE_KEY: key }
    const { stdout } = await run(process.execPath, [SCRIPT, "--url", url], { env })
    return [0, stdout]
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return [code, stdout + stderr]
  }
}

test("a sound ledger is told as such, over all pages", async () => {
  differences = []
  expect(await audit("brk_1")).toEqual([0, "101 customers. Everything agrees.\n"])
})

test("each difference is told, and the command fails", async () => {
  differences = [DIFFERENCE]
  expect(await audit("brk_1")).toEqual([
    1,
    "Receivables: customer c-1, USD: 0 nanos instead of 10000000000\n101 customers. 1 differences.\n",
  ])
})

test("a refused key is no sound ledger", async () => {
  const [code, text] = await audit("brk_2")
  expect([code, text]).toEqual([1, "The ledger can't be audited: 401 no\n"])
})
