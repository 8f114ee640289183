/** Central's REST API as a typed client: the table of routes says what goes in and what comes out. */
import { type Answer, type Route, type RouteName, routes, type Sent } from "#wire/rest/routes.ts"
import { problemSchema } from "#wire/rest/shapes.ts"

export type Credential =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "session"; readonly cookie: string }
  | { readonly kind: "none" }

/** Central said no. `code` is the stable word of its problem document. */
export class Refused extends Error {
  override readonly name = "Refused"
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const answerMaxMs = 10_000

export class CentralApi {
  readonly #url: string
  readonly #credential: Credential

  constructor(url: string, credential: Credential) {
    this.#url = url
    this.#credential = credential
  }

  /** Calls the route and returns its answer, checked; throws `Refused` where central says no. */
  async call<N extends RouteName>(name: N, sent: Partial<Sent<N>> = {}): Promise<Answer<N>> {
    const route: Route = routes[name]
    const response = await this.#send(route, sent)
    if (!response.ok) throw await refusal(`${route.method} ${route.path}`, response)
    const answer = route.answer?.parse(await response.json())
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the line above parsed it by this very schema
    return answer as Answer<N>
  }

  async #send(
    route: Route,
    sent: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown },
  ): Promise<Response> {
    const path = route.path.replaceAll(/:(\w+)/g, (_, key: string) =>
      encodeURIComponent(entriesOf(sent.params)[key] ?? ""),
    )
    const query = new URLSearchParams(entriesOf(sent.query)).toString()
    return fetch(`${this.#url}/api/v1${path}${query === "" ? "" : `?${query}`}`, {
      method: route.method,
      headers: {
        ...this.#credentials(),
        ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      signal: AbortSignal.timeout(answerMaxMs),
    })
  }

  #credentials(): Readonly<Record<string, string>> {
    switch (this.#credential.kind) {
      case "token":
        return { authorization: `Bearer ${this.#credential.token}` }
      case "session":
        return { cookie: this.#credential.cookie, origin: this.#url }
      case "none":
        return {}
    }
  }

  /** Signs in and returns a client with the session. */
  async signIn(user: string, password: string): Promise<CentralApi> {
    const response = await this.#send(routes.signIn, { body: { user, password } })
    if (!response.ok) throw await refusal("sign-in", response)
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(";")[0] ?? "")
      .join("; ")
    return new CentralApi(this.#url, { kind: "session", cookie })
  }
}

function entriesOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {}
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]: [string, unknown]) => one !== undefined)
      .map(([key, one]: [string, unknown]) => [key, String(one)]),
  )
}

async function refusal(what: string, response: Response): Promise<Refused> {
  const text = await response.text()
  const parsed = problemSchema.safeParse(parseJson(text))
  if (!parsed.success)
    return new Refused(response.status, "UNKNOWN", `${what}: ${text.slice(0, 500)}`)
  const { code, title, detail, problems = [] } = parsed.data
  const fields = problems.map(({ field, problem }) => `${field}: ${problem}`)
  return new Refused(response.status, code, [`${what}: ${detail ?? title}`, ...fields].join("\n  "))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
