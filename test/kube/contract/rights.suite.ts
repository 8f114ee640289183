/** What a service account may do: what its Roles say, object by object where they name objects. */
import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { type Ground, type GroundOf } from "./ground.ts"
import { at, text } from "./raw-kube.ts"

async function may(ground: Ground, account: string, attributes: object): Promise<boolean> {
  const { kube, namespace } = ground
  const answer = await kube.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: `system:serviceaccount:${namespace}:${account}`,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
      resourceAttributes: { namespace, ...attributes },
    },
  })
  return at(answer, "status", "allowed") === true
}

export function rights(on: GroundOf): void {
  test("an account has just the rights of its roles, by name where they name", async (t: TestContext) => {
    const ground = on()
    const { kube, path, namespace } = ground
    await kube.create(path("serviceaccounts"), { metadata: { name: "ra" } })
    assert.equal(await may(ground, "ra", { verb: "get", resource: "configmaps", name: "x" }), false)
    await kube.create(path("roles"), {
      metadata: { name: "ra" },
      rules: [
        { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] },
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: ["mine"],
          verbs: ["get", "update"],
        },
      ],
    })
    await kube.create(path("rolebindings"), {
      metadata: { name: "ra" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "ra" },
      subjects: [{ kind: "ServiceAccount", name: "ra", namespace }],
    })
    const lease = { group: "coordination.k8s.io", resource: "leases" }
    // A real server learns of roles by a watch of its own, a moment later.
    const over = AbortSignal.timeout(30_000)
    while (!(await may(ground, "ra", { verb: "get", resource: "configmaps" }))) {
      assert.ok(!over.aborted, "the role never came into force")
    }
    t.diagnostic("the role is in force")
    assert.equal(await may(ground, "ra", { verb: "list", resource: "configmaps" }), true)
    assert.equal(await may(ground, "ra", { verb: "delete", resource: "configmaps" }), false)
    assert.equal(await may(ground, "ra", { verb: "update", ...lease, name: "mine" }), true)
    assert.equal(await may(ground, "ra", { verb: "update", ...lease, name: "yours" }), false)
    assert.equal(await may(ground, "ra", { verb: "list", ...lease }), false)
    assert.equal(await may(ground, "ra", { verb: "get", resource: "secrets" }), false)
    assert.equal(
      await may(ground, "ra", { verb: "get", resource: "configmaps", namespace: "default" }),
      false,
    )
  })

  test("nobody gives away rights that they do not have, unless they may bind the role", async () => {
    const { kube, path, namespace } = on()
    const rbac = "rbac.authorization.k8s.io"
    const subject = { kind: "ServiceAccount", name: "giver", namespace }
    const rule = (resource: string, verbs: readonly string[]) => ({
      apiGroups: [""],
      resources: [resource],
      verbs,
    })
    await kube.create(path("serviceaccounts"), { metadata: { name: "giver" } })
    await kube.create(path("roles"), {
      metadata: { name: "more" },
      rules: [rule("secrets", ["get"])],
    })
    await kube.create(path("roles"), {
      metadata: { name: "giver" },
      rules: [
        rule("configmaps", ["get", "list"]),
        { apiGroups: [rbac], resources: ["roles", "rolebindings"], verbs: ["create", "patch"] },
      ],
    })
    const bound = (name: string, role: string, to: object = subject) => ({
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "Role", name: role },
      subjects: [to],
    })
    await kube.create(path("rolebindings"), bound("giver", "giver"))
    const as = async (plural: string, body: object): Promise<number> => {
      const user = `system:serviceaccount:${namespace}:giver`
      return (await kube.call("POST", path(plural), { body, as: user })).status
    }
    const own = { metadata: { name: "own" }, rules: [rule("configmaps", ["get"])] }
    const over = AbortSignal.timeout(30_000)
    let made = await as("roles", own)
    while (made === 403) {
      assert.ok(!over.aborted, "the role never came into force")
      made = await as("roles", own)
    }
    assert.equal(made, 201, "less than one has may be given")
    const wider = { metadata: { name: "wider" }, rules: [rule("configmaps", ["get", "delete"])] }
    assert.equal(await as("roles", wider), 403)
    assert.equal(await as("rolebindings", bound("own", "own")), 201)
    assert.equal(await as("rolebindings", bound("more", "more")), 403)
    const licence = {
      apiGroups: [rbac],
      resources: ["roles"],
      resourceNames: ["more"],
      verbs: ["bind"],
    }
    await kube.create(path("roles"), { metadata: { name: "binds" }, rules: [licence] })
    await kube.create(path("rolebindings"), bound("binds", "binds"))
    let licensed = await as("rolebindings", bound("more", "more"))
    while (licensed === 403) {
      assert.ok(!over.aborted, "the licence never came into force")
      licensed = await as("rolebindings", bound("more", "more"))
    }
    assert.equal(licensed, 201)
  })

  test("a binding's role can not be exchanged", async () => {
    const { kube, path } = on()
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "one" }
    await kube.create(path("rolebindings"), { metadata: { name: "rb" }, roleRef })
    const patch = { roleRef: { ...roleRef, name: "two" } }
    assert.equal((await kube.patch("merge", path("rolebindings", "rb"), patch)).status, 422)
  })

  test("every namespace has its default account and the authority of the API", async () => {
    const { kube, path } = on()
    await kube.get(path("serviceaccounts", "default"))
    const trust = await kube.until(path("configmaps"), (all) =>
      all.find((one) => at(one, "metadata", "name") === "kube-root-ca.crt"),
    )
    assert.match(text(trust, "data", "ca.crt"), /BEGIN CERTIFICATE/)
  })
}
