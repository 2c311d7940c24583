// Runs wrangler as a child, quietly: no banner, no metrics, no questions, nothing asked of the network unless the
// command itself is about an account.

import { spawn } from "node:child_process"
import { join } from "node:path"
import { root } from "./root.ts"

export const wranglerBin = join(root, "node_modules/wrangler/bin/wrangler.js")

export const quietEnv: Readonly<Record<string, string>> = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  // Without it every first start tries to fetch a sample of request.cf from the network.
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_LOG_PATH: join(root, ".ledgerline/logs"),
}

export type Finished = { readonly code: number; readonly stdout: string; readonly stderr: string }

export function wrangler(args: readonly string[], input = ""): Promise<Finished> {
  return runQuietly(process.execPath, [wranglerBin, ...args], input)
}

/** Runs a command to its end and returns what it wrote. A code other than 0 is the caller's to judge. */
export function runQuietly(command: string, args: readonly string[], input = ""): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...quietEnv } })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }))
    child.stdin.on("error", () => undefined)
    child.stdin.end(input)
  })
}
