// The first thing that every npm script runs. Plain JavaScript that Node 20 runs with nothing installed: it
// installs what the lockfile asks for, finds a Node that runs TypeScript, and hands over to the command.

import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const bin = join(root, "node_modules/.bin")
const MIN_NODE = [22, 18]

const COMMANDS = {
  start: ["scripts/start.ts"],
  test: ["node_modules/vitest/vitest.mjs", "run"],
  check: ["scripts/check.ts"],
  fix: ["scripts/fix.ts"],
  openapi: ["scripts/openapi.ts"],
  "db:generate": ["node_modules/drizzle-kit/bin.cjs", "generate"],
  bench: ["bench/run.ts"],
  soak: ["bench/soak.ts"],
  simulate: ["scripts/simulate.ts"],
  "verify-invoice": ["scripts/verify-invoice.ts"],
  "audit-ledger": ["scripts/audit-ledger.ts"],
  deploy: ["scripts/deploy.ts"],
  teardown: ["scripts/teardown.ts"],
}

const [name = "", ...rest] = process.argv.slice(2)
const command = COMMANDS[name]
if (command === undefined) fail(`Unknown command "${name}". There are: ${Object.keys(COMMANDS).join(", ")}.`)

installIfStale()
run(findNode(), [...command, ...rest])

function installIfStale() {
  if (isInstalled()) return
  mkdirSync(join(root, ".ledgerline"), { recursive: true })
  const lock = join(root, ".ledgerline/install.lock")
  if (!takeLock(lock)) return waitForOther(lock)
  try {
    console.log("Installing the packages of package-lock.json (npm ci) …")
    // npm names its own entry point; through it the same npm runs whatever PATH says.
    const npm = process.env.npm_execpath
    const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"]
    const options = { cwd: root, stdio: ["ignore", "inherit", "inherit"] }
    const done = npm?.endsWith(".js")
      ? spawnSync(process.execPath, [npm, ...args], options)
      : spawnSync("npm", args, options)
    if (done.error) fail(`npm could not be run: ${done.error.message}`)
    if (done.status !== 0) fail("npm ci failed; its message is above.")
  } finally {
    rmSync(lock, { force: true })
  }
}

// What is installed is what npm wrote into its hidden lockfile. Contents are compared, not times: a checkout
// touches package-lock.json without changing it. Optional packages of other platforms are rightly absent.
function isInstalled() {
  const wanted = packagesOf("package-lock.json")
  const present = packagesOf("node_modules/.package-lock.json")
  if (wanted === null || present === null) return false
  const current = (path) => present[path]?.version === wanted[path]?.version
  return (
    Object.keys(wanted).every((path) => path === "" || wanted[path].optional || current(path)) &&
    Object.keys(present).every((path) => wanted[path] !== undefined && current(path))
  )
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages
  } catch {
    return null
  }
}

// Two servers that start side by side in a fresh clone must not install over each other.
function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" })
    return true
  } catch (error) {
    if (error.code !== "EEXIST") throw error
    if (isAlive(Number(readFileSync(lock, "utf8")))) return false
    rmSync(lock, { force: true })
    return takeLock(lock)
  }
}

function waitForOther(lock) {
  console.log("Another command is installing the packages; waiting for it …")
  while (existsSync(lock) && isAlive(Number(readFileSync(lock, "utf8")))) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  installIfStale()
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function findNode() {
  const installed = join(bin, "node")
  if (existsSync(installed)) return installed
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return process.execPath
  return fail(
    `Ledgerline's tools need Node ${MIN_NODE.join(".")} or newer; this is ${process.versions.node}. On Linux (x64, ` +
      "arm64) the packages bring one with them; here, install a newer Node and run the command again.",
  )
}

function run(node, args) {
  // The channel tells the child when this process is gone, also by SIGKILL. Only `start` outlives a request.
  const stdio = name === "start" ? ["inherit", "inherit", "inherit", "ipc"] : "inherit"
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` }
  const child = spawn(node, args, { cwd: root, stdio, env })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  if (name === "start") endWithParent(child)
  child.on("error", (error) => fail(`${node} could not be run: ${error.message}`))
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

// npm cannot pass a SIGKILL on: a changed parent is how its death shows.
function endWithParent(child) {
  const parent = process.ppid
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500).unref()
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
