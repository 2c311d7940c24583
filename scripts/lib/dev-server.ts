// The local server: `wrangler dev` with everything simulated by Miniflare, in a process group of its own, so that
// what it starts (workerd above all) ends with it.

import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { root } from "./root.ts"
import { quietEnv, wranglerBin } from "./wrangler.ts"

const HOST = "127.0.0.1"
const READY_WITHIN_MS = 120_000
const STOP_WITHIN_MS = 5_000

export type DevServer = {
  readonly url: string
  /** Settles when the server's main process has ended, wanted or not. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}

/** Whether the port can be listened on; a server that was just killed gets a moment to let go of it. */
export async function isPortFree(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await canListen(port)) return true
    await sleep(200)
  }
  return false
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once("error", () => resolve(false))
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** `publicUrl`: where customers reach it, if that is not where it listens. */
export function startDevServer(port: number, state: string, publicUrl?: string): DevServer {
  const url = `http://${HOST}:${port}`
  // oxfmt-ignore
  const args = [
    wranglerBin, "dev",
    "--ip", HOST, "--port", String(port), "--inspector-port", "0",
    "--persist-to", state, "--show-interactive-dev-session", "false",
    "--log-level", process.env["LEDGERLINE_LOG_LEVEL"] ?? "warn",
    // Pages and links lead here, whatever the port.
    "--var", `PUBLIC_URL:${publicUrl ?? url}`,
    // Says that somebody else ticks the cron, without which every start warns that nobody does.
    "--test-scheduled",
  ]
  const env = {
    ...process.env,
    ...quietEnv,
    X_LOCAL_OBSERVABILITY: "false",
    X_LOCAL_EXPLORER: "false",
    // Servers side by side must not find each other: both are called "ledgerline".
    WRANGLER_REGISTRY_PATH: join(state, "registry"),
  }
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  })
  const group = child.pid
  if (group === undefined) throw new Error("wrangler could not be started.")
  const watchdog = watch(group)
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  return { url, exited, stop: () => stop(child, group, exited, watchdog) }
}

function watch(group: number): ChildProcess {
  const watchdog = spawn(process.execPath, [join(root, "scripts/lib/watchdog.ts"), String(group)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  })
  watchdog.unref()
  return watchdog
}

async function stop(
  child: ChildProcess,
  group: number,
  exited: Promise<void>,
  watchdog: ChildProcess,
): Promise<void> {
  child.kill("SIGTERM")
  await Promise.race([exited, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
  while (signalGroup(group, "SIGKILL")) await sleep(20)
  watchdog.stdin?.end()
}

/** False when nobody is left in the group. */
function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-group, signal)
  } catch {
    return false
  }
}

/** Waits for the first good answer of GET /health. False when the server ends before or takes too long. */
export async function isHealthy(server: DevServer): Promise<boolean> {
  const ended = new AbortController()
  void server.exited.then(() => ended.abort())
  const deadline = Date.now() + READY_WITHIN_MS
  while (!ended.signal.aborted && Date.now() < deadline) {
    const answer = await fetch(`${server.url}/health`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok === true) return true
    await sleep(100)
  }
  return false
}
