/** Central, put together: the store, both ports, and the work that goes on in between. */
import type { Millis } from "#core/units.ts"
import { satelliteMessageMax } from "#wire/satellite.ts"
import type { HostPort } from "#io/config.ts"
import type { Log } from "#io/log.ts"
import { listen } from "#io/postgres/listen.ts"
import { inTurns } from "#io/postgres/in-turns.ts"
import { jointDatabase } from "#io/postgres/joint.ts"
import { type Database, type DatabaseOptions, openDatabase } from "#io/postgres/sql.ts"
import { openRpcServer, type RpcServer } from "#io/rpc/server.ts"
import { systemClock } from "#io/clock.ts"
import { ensureAdmin, type FirstAdmin } from "./auth/first-admin.ts"
import type { ProviderConfig } from "./auth/provider-config.ts"
import { SignIn } from "./auth/sign-in.ts"
import { Audience, pulseEvery } from "./live/audience.ts"
import { Changes } from "./live/changes.ts"
import { TailDesk } from "./log-tails/desk.ts"
import { Metrics } from "./metrics.ts"
import { Rollouts } from "./rollouts/rollouts.ts"
import { openRestServer } from "./rest/server.ts"
import { AckKeeper } from "./satellites/acks.ts"
import { Inbox } from "./satellites/inbox.ts"
import { Registration } from "./satellites/registration.ts"
import { WantsReader } from "./satellites/wants.ts"
import { Streams } from "./satellites/streams.ts"
import { Sweeper } from "./satellites/sweeper.ts"
import { secretColumns } from "./secrets/columns.ts"
import type { SecretKey } from "./secrets/keys.ts"
import { refuseMissingKeys, Rotation } from "./secrets/rotation.ts"
import { SecretBox } from "./secrets/secret-box.ts"
import { InitialDatabases } from "./intent/initial-databases.ts"
import { changeChannel } from "./store/change.ts"
import type { TlsConfig } from "./tls/config.ts"
import { Tls } from "./tls/tls.ts"
import { migrate } from "./store/migrate.ts"

/** Of the pool's ten connections: people, and what goes on by itself, are served while a whole fleet comes back at once. */
const satellitesSideBySide = 6

export type CentralOptions = {
  readonly databaseUrl: string
  readonly rest: HostPort
  readonly grpc: HostPort
  readonly adminUser: string
  readonly adminPassword: string | undefined
  readonly dashboardDir: string | undefined
  /** The current one first; without any, what would store a secret is refused. */
  readonly secretKeys: readonly SecretKey[]
  readonly tls: TlsConfig
  readonly bundleFile?: string | undefined
  readonly provider?: ProviderConfig | undefined
  readonly trustedProxies?: readonly string[] | undefined
  readonly auditDays?: number | undefined
  readonly log: Log
  /** For tests that cannot wait two minutes for a satellite to be lost. */
  readonly timing?: {
    readonly sweepEvery: Millis
    readonly lateAfter: Millis
    readonly lostAfter: Millis
    readonly silenceMax: Millis
  }
}

export interface Central extends AsyncDisposable {
  readonly rest: HostPort
  readonly grpc: HostPort
  readonly admin: FirstAdmin
}

/** Starts central; it is ready when this resolves and gone when it was disposed of. */
export async function startCentral(options: CentralOptions): Promise<Central> {
  const { log } = options
  await using opened = new AsyncDisposableStack()
  const connection: DatabaseOptions = {
    url: options.databaseUrl,
    applicationName: "pg-swarm-central",
    onIdleError: (error) => log.warn("database.connection-lost", { why: error.message }),
  }
  const database = opened.use(jointDatabase(openDatabase(connection)))
  for (const name of await migrate(database)) log.event("database.migrated", { name })
  const secrets = new SecretBox(options.secretKeys)
  await refuseMissingKeys(database.sql, secrets, secretColumns)
  const admin = await ensureAdmin(database, options.adminUser, options.adminPassword)

  const tls = await openTls(options, database, secrets)
  const parts = partsOf(options, database, secrets, tls)
  const work = background(log, connection, parts)
  opened.defer(work.stop)
  const grpc = opened.use(await openGrpc(options, parts))
  opened.defer(() => parts.streams.endAll())
  const rest = opened.use(
    await openRestServer({ ...options, ...parts, tls, listen: options.rest, database }),
  )
  opened.defer(() => parts.audience.close())
  opened.defer(() => parts.tails.close())
  const running = opened.move()
  return {
    rest: rest.address,
    grpc: grpc.address,
    admin,
    [Symbol.asyncDispose]: async () => running.disposeAsync(),
  }
}

type Parts = {
  readonly inbox: Inbox
  readonly streams: Streams
  readonly registration: Registration
  readonly audience: Audience
  readonly tails: TailDesk
  readonly changes: Changes
  readonly sweeper: Sweeper
  readonly rollouts: Rollouts
  readonly signIn: SignIn
  readonly metrics: Metrics
  readonly secrets: SecretBox
  readonly rotation: Rotation
  readonly initialDatabases: InitialDatabases
  readonly tls: Tls | undefined
}

const openTls = async (
  { tls: config, log, bundleFile, timing }: CentralOptions,
  database: Database,
  secrets: SecretBox,
): Promise<Tls | undefined> =>
  config.kind === "plain"
    ? undefined
    : Tls.open({
        config,
        database,
        log,
        bundleFile,
        secrets,
        ...(timing === undefined ? {} : { lookEvery: timing.sweepEvery }),
      })

function partsOf(
  { log, timing, auditDays }: CentralOptions,
  database: Database,
  secrets: SecretBox,
  tls: Tls | undefined,
): Parts {
  const inbox = new Inbox(database, log)
  const shared = inTurns(database, { sideBySide: satellitesSideBySide })
  const audience = new Audience()
  const tails = new TailDesk(database, log)
  const rollouts = new Rollouts(database, log)
  const metrics = new Metrics({
    database,
    streams: () => streams.count,
    listeners: () => audience.size,
  })
  const streams: Streams = new Streams({
    database: shared,
    wants: new WantsReader({ database, secrets, log }),
    acks: new AckKeeper(database),
    inbox,
    log,
    tls,
    tails,
    figures: metrics.roleChanges,
    ...(timing === undefined ? {} : { silenceMax: timing.silenceMax }),
  })
  const times =
    timing === undefined
      ? {}
      : { every: timing.sweepEvery, lateAfter: timing.lateAfter, lostAfter: timing.lostAfter }
  return {
    inbox,
    streams,
    audience,
    tails,
    registration: new Registration(shared, log, tls),
    rollouts,
    changes: new Changes(database, streams, audience, tails, log, () => rollouts.wake()),
    sweeper: new Sweeper({ database, log, auditDays, ...times }),
    signIn: new SignIn(database),
    metrics,
    secrets,
    rotation: new Rotation({ database, log, box: secrets, columns: secretColumns }),
    initialDatabases: new InitialDatabases(database, secrets, log),
    tls,
  }
}

async function openGrpc(
  { grpc }: CentralOptions,
  { registration, streams, tls }: Parts,
): Promise<RpcServer> {
  const server = await openRpcServer({
    listen: grpc,
    // A satellite that registers has no certificate yet; streams are looked at where they begin.
    tls: tls && { ...tls.served, clientsMayBeUnknown: true },
    messageBytesMax: satelliteMessageMax,
    routes: (router) => registration.routes(router),
    lean: [streams.call],
  })
  tls?.onChange((served) => server.setCertificate(served))
  return server
}

/** What goes on as long as central lives. Each survives an outage by itself; one that throws is a bug. */
function background(
  log: Log,
  connection: DatabaseOptions,
  { inbox, changes, sweeper, audience, tails, rotation, initialDatabases, rollouts, tls }: Parts,
): { readonly stop: () => Promise<void> } {
  const ending = new AbortController()
  const pulse = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await systemClock.sleep(pulseEvery, signal).catch(() => {})
      await audience.pulse()
      await tails.pulse()
    }
  }
  const listener = {
    channel: changeChannel,
    onMessage: (payload: string) => changes.hear(payload),
    onGap: () => changes.gap(),
    onAway: (error: Error) => log.warn("database.listen-lost", { why: error.message }),
  }
  const tasks = [
    inbox.run(ending.signal),
    changes.run(ending.signal),
    tails.run(ending.signal),
    sweeper.run(ending.signal),
    rotation.run(ending.signal),
    initialDatabases.run(ending.signal),
    rollouts.run(ending.signal),
    pulse(ending.signal),
    listen(connection, listener, ending.signal),
    ...(tls === undefined ? [] : [tls.run(ending.signal)]),
  ]
  return {
    stop: async () => {
      ending.abort()
      await Promise.all(tasks)
    },
  }
}
