// A process that serves something and tells its port on a line of its own: started, stopped, killed.
// Law: it ends with the one that started it, because it watches its standard input.

import type { ChildProcess, SpawnOptions } from "node:child_process"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { atEnd } from "./at-end.ts"

const READY_WITHIN_MS = 60_000

export type Child = {
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
  /** SIGKILL to it and to all that it started, in whatever they are doing. */
  readonly kill: () => Promise<void>
}

/** Runs a script with this Node; it says `ready <port>` when it serves. What it complains of is shown, or ignored. */
export async function startChild(
  script: string,
  args: readonly string[],
  complaints: "shown" | "ignored" = "shown",
): Promise<Child> {
  // A group of its own, so that a kill reaches what it started.
  const options: SpawnOptions = {
    stdio: ["pipe", "pipe", complaints === "shown" ? "inherit" : "ignore"],
    detached: true,
  }
  const child = spawn(process.execPath, [script, ...args], options)
  const port = Number(await readyLine(child))
  const pid = child.pid ?? 0
  return {
    pid,
    port,
    stop: atEnd(() => ended(child, () => child.stdin?.end())),
    kill: () => ended(child, () => process.kill(-pid, "SIGKILL")),
  }
}

function readyLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error("The server did not get ready in time."))
    }, READY_WITHIN_MS)
    child.once("error", reject)
    child.once("exit", () => reject(new Error("The server ended by itself.")))
    if (child.stdout === null) throw new Error("The server has no output.")
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith("ready ")) return
      clearTimeout(late)
      resolve(line.slice("ready ".length))
    })
  })
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  end()
  await exit
}
