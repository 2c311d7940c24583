// A private PostgreSQL, when one is installed: a new cluster in a temporary folder, reached by a socket in that folder only,
// durable as PostgreSQL is by default. It is stopped and removed in the end.

import { execFile, spawn } from "node:child_process"
import { chown, mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { atEnd } from "../at-end.ts"

const run = promisify(execFile)

export type Postgres = {
  /** Holds the socket too. */
  readonly folder: string
  readonly pid: number
  readonly version: string
  readonly stop: () => Promise<void>
}

/** Who the server runs as: PostgreSQL refuses to run as root. */
type Identity = { readonly uid: number; readonly gid: number }

// Room enough that the peer's working set stays in memory and its checkpoints are rare, as one would set it up.
const SETTINGS = {
  listen_addresses: "",
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "1GB",
  max_wal_size: "8GB",
  max_connections: "50",
}
const READY_WITHIN_MS = 30_000
const SOCKET = ".s.PGSQL.5432"

/** Null where PostgreSQL is not installed, or only root is there to run it. */
export async function startPostgres(): Promise<Postgres | null> {
  const bin = await binaries()
  const identity = await identityToRunAs()
  if (bin === null || identity === null) return null
  const folder = await mkdtemp(path.join(tmpdir(), "ledgerline-peer-"))
  try {
    await chown(folder, identity.uid, identity.gid)
    return await serve(bin, identity, folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function serve(bin: string, identity: Identity, folder: string): Promise<Postgres> {
  const data = path.join(folder, "data")
  const initArgs = ["-D", data, "-U", "bench", "--auth=trust", "--no-locale", "--encoding=UTF8"]
  await run(path.join(bin, "initdb"), initArgs, { ...identity, cwd: folder })
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const args = ["-D", data, "-k", folder, ...settings]
  // A group of its own: Ctrl-C in the terminal is ours to handle, in order.
  const options = { ...identity, cwd: folder, stdio: "ignore", detached: true } as const
  const server = spawn(path.join(bin, "postgres"), args, options)
  const exit = new Promise<void>((resolve) => server.once("exit", () => resolve()))
  const version = (await run(path.join(bin, "postgres"), ["--version"])).stdout.trim()
  const stop = atEnd(async () => {
    // Fast shutdown: it ends the connections that are left.
    if (server.exitCode === null) server.kill("SIGINT")
    await exit
    await rm(folder, { recursive: true, force: true })
  })
  await untilThere(path.join(folder, SOCKET), () => server.exitCode !== null)
  return { folder, pid: server.pid ?? 0, version, stop }
}

/** Where `initdb` and `postgres` are: on the path, or where distributions put them. */
async function binaries(): Promise<string | null> {
  const versions = await readdir("/usr/lib/postgresql").catch(() => [])
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a))
  const folders = [
    ...(process.env["PATH"] ?? "").split(path.delimiter),
    ...newestFirst.map((version) => `/usr/lib/postgresql/${version}/bin`),
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql/bin",
  ]
  for (const folder of folders) {
    const found = await Promise.all(["initdb", "postgres"].map((name) => isFile(path.join(folder, name))))
    if (found.every(Boolean)) return folder
  }
  return null
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false
}

async function identityToRunAs(): Promise<Identity | null> {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()]
  if (uid === undefined || gid === undefined) return null
  if (uid !== 0) return { uid, gid }
  return (await identityOf("postgres")) ?? (await identityOf("nobody"))
}

async function identityOf(user: string): Promise<Identity | null> {
  try {
    const ids = await Promise.all(["-u", "-g"].map((option) => run("id", [option, user])))
    const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number(stdout))
    return { uid, gid }
  } catch {
    return null
  }
}

async function untilThere(file: string, hasEnded: () => boolean): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS
  while ((await stat(file).catch(() => null)) === null) {
    if (hasEnded() || performance.now() > until) throw new Error("PostgreSQL did not start.")
    await sleep(50)
  }
}
