// Makes a Go program of snippets: each becomes a function, because each declares `req` and `resp` anew.

import type { Program } from "./snippets.ts"

const PACKAGES: Readonly<Record<string, string>> = {
  bytes: "bytes",
  fmt: "fmt",
  http: "net/http",
  json: "encoding/json",
  os: "os",
  time: "time",
  uuid: "github.com/google/uuid",
}

/** The one function of google/uuid that the snippets call, so that nothing needs to be fetched. */
const UUID = `package uuid
import ("crypto/rand"; "encoding/hex")
type UUID [16]byte
func New() UUID { var id UUID; rand.Read(id[:]); return id }
func (id UUID) String() string { return hex.EncodeToString(id[:]) }
`

/** Variables that a snippet makes and later ones read, by the snippet. */
const MADE: Readonly<Record<string, string>> = { customer: "customerID", subscription: "subscriptionID" }

export function goProgram(
  steps: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string>>,
): Program {
  const functions = [...steps].map(([name, code]) => {
    const made = MADE[name]
    const keep =
      made !== undefined && code.includes(`${made} := `) ? `kept[${JSON.stringify(made)}] = ${made}\n` : ""
    return `func ${name}() {\n${withoutImports(code)}${keep}}\n`
  })
  const calls = [...steps.keys()].map((name) => {
    const made = MADE[name]
    return `${name}()\n${made === undefined ? "" : `if kept["${made}"] != "" { ${made} = kept["${made}"] }\n`}`
  })
  const body = `var kept = map[string]string{}
var adminToken = os.Getenv("ADMIN_TOKEN")
var customerToken = os.Getenv("CUSTOMER_TOKEN")
var customerID = os.Getenv("CUSTOMER_ID")
var planID = os.Getenv("PLAN_ID")
var subscriptionID = ""
${functions.join("")}
func main() {
${calls.join("")}fmt.Println("done")
}
`
  const used = Object.entries(PACKAGES).filter(([name]) => new RegExp(`\\b${name}\\.`).test(body))
  const imports = used.map(([, path]) => `import ${JSON.stringify(path)}\n`).join("")
  return {
    files: {
      "main.go": `package main\n${imports}${body}`,
      "go.mod":
        "module snippets\ngo 1.20\nrequire github.com/google/uuid v0.0.0\nreplace github.com/google/uuid => ./uuid\n",
      "uuid/go.mod": "module github.com/google/uuid\ngo 1.20\n",
      "uuid/uuid.go": UUID,
    },
    command: "go",
    args: ["run", "."],
    env: { GOFLAGS: "-mod=mod", GOPROXY: "off", ...env },
  }
}

function withoutImports(code: string): string {
  return code.replace(/^import \([^)]*\)\n/m, "").replace(/^import "[^"]*"\n/m, "")
}
