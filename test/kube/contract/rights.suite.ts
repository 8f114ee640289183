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
