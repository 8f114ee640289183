/**
 * The line between a satellite and its central on a real Kubernetes, by the folders of `deploy/kubernetes`: plain, then
 * TLS with central's own authority, then with a certificate that somebody else made, then plain again.
 */
import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { request as httpsRequest } from "node:https"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { clusterSchema, type Cluster } from "#wire/rest/clusters.ts"
import type { CentralApi } from "../../../src/demo/central-api.ts"
import { until } from "../../e2e/wait.ts"
import {
  adminPassword,
  applyFolder,
  applySecret,
  centralAddress,
  inSystem,
  signedIn,
  untilDeployed,
} from "./deployed.ts"

const soonMs = 120_000
const answerMs = 10_000
/** As the satellite's ConfigMap has it, and one that every certificate of central's own authority has. */
const names = ["pg-swarm-central.pg-swarm-system.svc", "central.pg-swarm.io"] as const

type Spoken = { readonly body: string; readonly cookie: string }
type Trust = { readonly ca: string; readonly name: string } | "nobody-yet"

/** One request to central's REST port by TLS; fails where the certificate is not what is trusted. */
function speak(
  host: string,
  trust: Trust,
  sent: { readonly path: string; readonly cookie?: string; readonly body?: object },
): Promise<Spoken> {
  const { promise, resolve, reject } = Promise.withResolvers<Spoken>()
  const asked = httpsRequest(
    {
      host,
      port: 8080,
      path: `/api/v1${sent.path}`,
      method: sent.body === undefined ? "GET" : "POST",
      headers: {
        ...(sent.cookie === undefined ? {} : { cookie: sent.cookie }),
        ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: AbortSignal.timeout(answerMs),
      agent: false,
      // What is fetched from somebody who is not known yet is compared with central's log.
      ...(trust === "nobody-yet"
        ? { rejectUnauthorized: false }
        : { ca: trust.ca, servername: trust.name }),
    },
    (answer) => {
      const parts: Buffer[] = []
      answer.on("data", (part: Buffer) => parts.push(part))
      answer.once("error", reject)
      answer.once("end", () => {
        const body = Buffer.concat(parts).toString("utf8")
        const [cookie = ""] = (answer.headers["set-cookie"] ?? []).map((one) => one.split(";")[0])
        if (answer.statusCode === 200) resolve({ body, cookie })
        else reject(new Error(`${sent.path}: ${answer.statusCode ?? 0}: ${body}`))
      })
    },
  )
  asked.once("error", reject)
  asked.end(sent.body === undefined ? "" : JSON.stringify(sent.body))
  return promise
}

/** Central is reached by TLS, and has heard of the cluster from its satellite since `since`. */
async function untilHeard(cluster: Cluster, trust: Trust, since: number): Promise<void> {
  const host = await centralAddress()
  const { cookie } = await until("central lets the admin in, by TLS", soonMs, () =>
    speak(host, trust, { path: "/session", body: { user: "admin", password: adminPassword } }),
  )
  const look = async (): Promise<Cluster> => {
    const { body } = await speak(host, trust, { path: `/clusters/${cluster.id}`, cookie })
    return clusterSchema.parse(JSON.parse(body))
  }
  await until(
    "central hears from the site",
    soonMs,
    async () => {
      const { observedAt } = await look()
      return Date.parse(observedAt ?? "") > since ? true : undefined
    },
    async () => {
      const { state, reason, observedAt } = await look()
      return { state, reason, observedAt }
    },
  )
}

/** Ends the pod that runs and starts another, with whatever it is told now. */
async function restartSatellite(): Promise<number> {
  await inSystem("rollout", "restart", "deployment/pg-swarm-satellite")
  await untilDeployed("pg-swarm-satellite")
  return Date.now()
}

/**
 * Central's own authority, from the REST port, and held against the fingerprint in central's log. A Service may lead to
 * the pod of before for a moment, or to none.
 */
async function ownAuthority(): Promise<string> {
  const host = await centralAddress()
  return until("central shows the authority that its log names", soonMs, async () => {
    const { body } = await speak(host, "nobody-yet", { path: "/ca.pem" })
    const { fingerprint256 } = new X509Certificate(body)
    const log = await inSystem("logs", "deployment/pg-swarm-central")
    const told = log.split("\n").find((line) => line.includes('"tls.authority"')) ?? ""
    return told.includes(fingerprint256) ? body : undefined
  })
}

/** Resolves with a client of the plain central that is there in the end. */
export async function lineChanges(
  cluster: Cluster,
  say: (line: string) => void,
): Promise<CentralApi> {
  const began = performance.now()
  await applyFolder("central")
  await untilDeployed("pg-swarm-central")
  const own = await ownAuthority()
  await applySecret("pg-swarm-central-ca", { "ca.crt": own })
  await applyFolder("satellite")
  await untilHeard(cluster, { ca: own, name: names[1] }, await restartSatellite())

  const authority = await newAuthority("of another house", Date.now(), 2)
  const pair = await issue(authority, names[0], Date.now(), 1)
  await applySecret("pg-swarm-central-tls", {
    "tls.crt": pair.certificate,
    "tls.key": pair.key,
    "ca.crt": authority.certificate,
  })
  await applyFolder("overlays/central-certificate")
  await untilDeployed("pg-swarm-central")
  const trust = { ca: authority.certificate, name: names[0] }
  const host = await centralAddress()
  const shown = (ca: string) => speak(host, { ...trust, ca }, { path: "/ca.pem" })
  await until("central has the given certificate", soonMs, () => shown(authority.certificate))
  await assert.rejects(
    shown(own),
    { code: /VERIFY|CERT|ISSUER/ },
    "the authority of before is of no use any more",
  )
  await applySecret("pg-swarm-central-ca", { "ca.crt": authority.certificate })
  // The certificate has the name of the URL, and not the one that central's own authority gives.
  const patch = JSON.stringify({ data: { PG_SWARM_CENTRAL_NAME: "" } })
  await inSystem("patch", "configmap/pg-swarm-satellite", "--type=merge", `--patch=${patch}`)
  await untilHeard(cluster, trust, await restartSatellite())

  await applyFolder("overlays/all-in-one")
  await untilDeployed("pg-swarm-central")
  await restartSatellite()
  say(`plain, private, given, plain: ${Math.round((performance.now() - began) / 1000)} s`)
  return signedIn()
}
