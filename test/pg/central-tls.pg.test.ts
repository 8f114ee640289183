/** Central's two ports over real TLS: its own authority, certificates from files, certificates of satellites. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { connect, type TLSSocket } from "node:tls"
import { once } from "node:events"
import { request as httpsRequest } from "node:https"
import { Code, ConnectError } from "@connectrpc/connect"
import { authoritySchema } from "#wire/rest/authority-routes.ts"
import { centralServerName } from "#core/names.ts"
import { satelliteId } from "#core/ids.ts"
import {
  certifyClient,
  goodUntil,
  issue,
  newAuthority,
  newRequest,
} from "#io/certificates/authority.ts"
import type { Central, CentralOptions } from "../../src/central/central.ts"
import { dialCentral, reasonOf } from "../../src/satellite/central/dial.ts"
import { createClient } from "@connectrpc/connect"
import { RegistrationService } from "#wire/registration.ts"
import { type Log, silentLog } from "#io/log.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import { SecretBox } from "../../src/central/secrets/secret-box.ts"
import { listAuthorities } from "../../src/central/store/authority.ts"
import { adminPassword, quick, startTestCentral, testKey } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, type Line, Site } from "../fixtures/site.ts"

const { freshDatabase } = centrals()
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "central-tls-"))
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
})

const names = [centralServerName, "localhost", "127.0.0.1"]
const own = (clients: "optional" | "required" = "optional"): Partial<CentralOptions> => ({
  tls: { kind: "private", names, clients },
  bundleFile: join(folder, `${randomUUID()}.crt`),
  timing: quick,
})

/** One HTTPS request, trusting `ca`. */
async function https(
  { rest }: Central,
  ca: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      `https://127.0.0.1:${rest.port}${path}`,
      { method, ca, headers: { "content-type": "application/json", ...headers } },
      (answer) => {
        let text = ""
        answer.setEncoding("utf8").on("data", (part: string) => (text += part))
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
        )
      },
    )
    sent.on("error", reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function shownBy(
  port: number,
  ca: string,
): Promise<ReturnType<TLSSocket["getPeerCertificate"]>> {
  const socket = connect({ host: "127.0.0.1", port, ca })
  await once(socket, "secureConnect")
  const shown = socket.getPeerCertificate()
  socket.destroy()
  return shown
}

/** Registers over `line` and is approved; the certificate that central signed for it, with its key. */
async function joined(central: Central, site: Site, ca: string) {
  await site.register()
  const session = await https(
    central,
    ca,
    "POST",
    "/api/v1/session",
    {},
    {
      user: "admin",
      password: adminPassword,
    },
  )
  const set = String(session.headers["set-cookie"])
  // With this prefix a browser takes it from this host alone, by TLS alone, and for no part of the paths.
  assert.match(set, /^__Host-pg_swarm_session=[^;]+; /)
  for (const attribute of ["Path=/", "HttpOnly", "Secure", "SameSite=Strict"])
    assert.ok(set.split("; ").includes(attribute), set)
  const cookie = set.split(";", 1)[0] ?? ""
  const approved = await https(
    central,
    ca,
    "POST",
    `/api/v1/satellites/${site.id}/approve`,
    { cookie },
    {},
  )
  assert.equal(approved.status, 200, approved.text)
  const { request, key } = await newRequest(site.id)
  const approval = await site.approval(request)
  assert.ok(approval.kind === "approved" && approval.certificate !== undefined)
  return { client: { certificate: approval.certificate.certificate, key }, approval }
}

const refusal = async (site: Site): Promise<ConnectError> => {
  const why = await site.connect().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.cause : error),
  )
  assert.ok(why instanceof ConnectError, String(why))
  return why
}

test("without a certificate central makes an authority, shows it, and keeps it over restarts and for its peers", async () => {
  const url = await freshDatabase()
  const options = own()
  await using first = await startTestCentral(url, options)
  const ca = await readFile(String(options.bundleFile), "utf8")
  const shown = await https(first, ca, "GET", "/api/v1/ca")
  assert.equal(shown.status, 200)
  assert.equal(shown.headers["strict-transport-security"], undefined)
  const { pem, fingerprints } = authoritySchema.parse(JSON.parse(shown.text))
  assert.equal(pem, ca)
  assert.equal(fingerprints.length, 1)
  assert.equal((await https(first, ca, "GET", "/api/v1/ca.pem")).text, ca)
  for (const { port } of [first.rest, first.grpc]) {
    const { subjectaltname } = await shownBy(port, ca)
    for (const name of names) assert.match(String(subjectaltname), new RegExp(`:${name}\\b`))
  }
  await using second = await startTestCentral(url, own())
  assert.equal((await https(second, ca, "GET", "/readyz")).status, 200, "signed by the same")
  const kept = await query(url, "select private_key from authority")
  assert.equal(kept.length, 1)
  assert.match(String(kept[0]?.["private_key"]), /^v1:k1:/, "sealed")
})

test("many centrals that start at once on an empty database have one authority", async () => {
  const url = await freshDatabase()
  const centrals = await Promise.all([own(), own(), own()].map((one) => startTestCentral(url, one)))
  assert.equal((await query(url, "select 1 from authority")).length, 1)
  for (const central of centrals) await central[Symbol.asyncDispose]()
})

test("certificates in files are read again when they change, on both ports, and a bad one changes nothing", async () => {
  const authority = await newAuthority("given", Date.now(), 3)
  const pair = (days: number) => issue(authority, ["127.0.0.1", "central.test"], Date.now(), days)
  const files = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") }
  const write = async ({ certificate, key }: { certificate: string; key: string }) => {
    await writeFile(files.key, key)
    await writeFile(files.certificate, certificate)
  }
  const [one, two] = [await pair(1), await pair(2)]
  await write(one)
  const caFile = join(folder, "given-ca.crt")
  await writeFile(caFile, authority.certificate)
  const refused = Promise.withResolvers<undefined>()
  const log: Log = {
    ...silentLog,
    error: (event) => {
      if (event === "tls.files-refused") refused.resolve(undefined)
    },
    child: () => log,
  }
  await using central = await startTestCentral(await freshDatabase(), {
    tls: { kind: "files", ...files, authority: caFile, clients: "optional" },
    timing: quick,
    log,
  })
  const until = async (port: number) =>
    Date.parse((await shownBy(port, authority.certificate)).valid_to)
  assert.equal(await until(central.rest.port), goodUntil(one.certificate))
  const hsts = (await https(central, authority.certificate, "GET", "/readyz")).headers
  assert.match(String(hsts["strict-transport-security"]), /max-age/)
  assert.equal(
    (await https(central, authority.certificate, "GET", "/api/v1/ca.pem")).text,
    authority.certificate,
  )
  const site = new Site(central, "held", { ca: authority.certificate })
  await joined(central, site, authority.certificate)
  const { stream } = await site.connect()

  await writeFile(files.certificate, "half a certificate")
  await refused.promise
  assert.equal(await until(central.grpc.port), goodUntil(one.certificate))
  await write(two)
  for (const port of [central.rest.port, central.grpc.port])
    await eventually(
      "the new certificate is served",
      async () => (await until(port)) === goodUntil(two.certificate),
    )
  stream.send({ kind: "heartbeat", sequence: 1, sentAt: Date.now() })
  await stream.next("heartbeat-ack")
  await site.close()
})

test("with certificates required, a stream needs this satellite's own besides its token", async () => {
  const options = own("required")
  const url = await freshDatabase()
  await using central = await startTestCentral(url, options)
  const ca = await readFile(String(options.bundleFile), "utf8")
  const line = (client?: Line["client"]): Line => (client === undefined ? { ca } : { ca, client })
  const site = new Site(central, "certified", line())
  const { client, approval } = await joined(central, site, ca)
  assert.equal(approval.certificate?.authorities, ca)
  const none = await refusal(site)
  assert.equal(none.code, Code.Unauthenticated)
  assert.match(none.message, /show a certificate of its authority/)

  site.turnTo(central, line(client))
  const { stream } = await site.connect()
  const renewal = await newRequest(site.id)
  stream.send({ kind: "certificate-request", request: renewal.request })
  const { issued } = await stream.next("certificate")
  site.turnTo(central, line({ certificate: issued.certificate, key: renewal.key }))
  await site.connect()

  const other = new Site(central, "other", line())
  const others = await joined(central, other, ca)
  other.turnTo(central, line(client))
  assert.match((await refusal(other)).message, /another satellite's/)
  const stranger = await newAuthority("stranger", Date.now(), 2)
  const uri = `pg-swarm://satellites/${other.id}`
  const forged = await newRequest(other.id)
  const signed = await certifyClient(
    stranger,
    forged.request,
    { commonName: "x", uri },
    Date.now(),
    1,
  )
  other.turnTo(central, line({ certificate: String(signed), key: forged.key }))
  assert.match((await refusal(other)).message, /none that is good/)
  const over = await newRequest(other.id)
  const longAgo = Date.now() - 10 * 86_400_000
  await using database = openDatabase({ url, applicationName: "test" })
  const [authority] = await listAuthorities(database.sql, new SecretBox([testKey("k1")]))
  assert.ok(authority !== undefined)
  const by = { commonName: "x", uri }
  const expired = await certifyClient(authority, over.request, by, longAgo, 1)
  other.turnTo(central, line({ certificate: String(expired), key: over.key }))
  assert.match((await refusal(other)).message, /none that is good/)
  other.turnTo(central, line(others.client))
  await other.connect()
  await site.close()
  await other.close()
})

test("a request that is none is refused and signs nothing", async () => {
  const options = own()
  await using central = await startTestCentral(await freshDatabase(), options)
  const ca = await readFile(String(options.bundleFile), "utf8")
  const site = new Site(central, "garbled", { ca })
  await joined(central, site, ca)
  await assert.rejects(site.approval("no request"), /certificate_request: is no request/)
  await site.close()
})

test("a satellite that cannot trust central says why, and what to mend", async () => {
  const options = own()
  await using central = await startTestCentral(await freshDatabase(), options)
  const ca = await readFile(String(options.bundleFile), "utf8")
  const stranger = await newAuthority("stranger", Date.now(), 2)
  const attempt = async (url: string, pem: string | undefined, name?: string): Promise<string> => {
    const address = {
      url,
      ca: pem === undefined ? undefined : ({ kind: "text", pem } as const),
      name,
    }
    using line = dialCentral(address, undefined)
    const client = createClient(RegistrationService, line.transport)
    return await client.checkApproval({ satelliteId: satelliteId(randomUUID()) }).then(
      () => "",
      (failure: unknown) => reasonOf(failure, address),
    )
  }
  const at = `https://127.0.0.1:${central.grpc.port}`
  assert.match(await attempt(at, ca), /registration_token/, "it is central that answers")
  assert.match(
    await attempt(at, stranger.certificate),
    /not signed by the authority in PG_SWARM_CENTRAL_CA/,
  )
  assert.match(
    await attempt(at, undefined),
    /not signed by an authority that this system trusts.*ca\.pem/,
  )
  assert.match(await attempt(at, ca, "elsewhere.example"), /another name than elsewhere\.example/)

  await using plain = await startTestCentral(await freshDatabase())
  assert.match(await attempt(`https://127.0.0.1:${plain.grpc.port}`, ca), /speaks no TLS/)

  const files = { certificate: join(folder, "old.crt"), key: join(folder, "old.key") }
  const issuer = await newAuthority("old", Date.now(), 3)
  const old = await issue(issuer, "127.0.0.1", Date.now() - 3 * 86_400_000, 1)
  await writeFile(files.certificate, old.certificate)
  await writeFile(files.key, old.key)
  await using expired = await startTestCentral(await freshDatabase(), {
    tls: { kind: "files", ...files, authority: undefined, clients: "optional" },
  })
  assert.match(
    await attempt(`https://127.0.0.1:${expired.grpc.port}`, issuer.certificate),
    /has expired/,
  )
})
