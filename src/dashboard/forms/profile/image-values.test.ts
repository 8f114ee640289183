import assert from "node:assert/strict"
import { test } from "node:test"
import { createProfileBody } from "#wire/rest/profiles.ts"
import { fieldOf, profileProblems, tabOf } from "./problems.ts"
import { bodyOf, freshProfile, type ProfileValues, valuesOf } from "./values.ts"

const values = (more: Partial<ProfileValues> = {}): ProfileValues => ({
  ...freshProfile(),
  name: "edge",
  ...more,
})
const postgres = {
  major: 17 as const,
  image: "docker.io/library/postgres:17.2-alpine",
  variant: "alpine",
  minor: "17.2",
  uid: 70,
}
const base = createProfileBody.parse(bodyOf(values()))
const stored = { ...base, spec: { ...base.spec, postgres } }

test("a profile that chose of the catalogue, by REST or here, is put back as it was", () => {
  assert.deepEqual(bodyOf(valuesOf(stored)).spec.postgres, postgres)
  const loose = { major: 17 as const, image: postgres.image, variant: "alpine", minor: null }
  assert.deepEqual(
    { ...bodyOf(valuesOf({ ...base, spec: { ...base.spec, postgres: loose } })).spec.postgres },
    { ...loose, uid: undefined },
  )
})

test("an image of one's own leaves variant and minor, and keeps the user that owns the files", () => {
  const typed = { ...valuesOf(stored), variant: "", image: "registry.local/postgres:17.2" }
  assert.deepEqual(bodyOf(typed).spec.postgres, {
    major: 17,
    image: "registry.local/postgres:17.2",
    variant: null,
    minor: null,
    uid: 70,
  })
})

test("nothing of the catalogue is written into a profile that never had it", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(bodyOf(values()).spec.postgres)), {
    major: 17,
    image: "docker.io/library/postgres:17",
  })
})

test("the reference of a variant may be left to central, one of one's own may not", () => {
  assert.deepEqual([...profileProblems(values({ variant: "debian", image: "" })).keys()], [])
  assert.deepEqual([...profileProblems(values({ image: "" })).keys()], ["image"])
  assert.deepEqual([...profileProblems(values({ uid: "root" })).keys()], ["uid"])
})

test("what central says of variant, minor and user stands at their fields", () => {
  for (const field of ["variant", "minor", "uid"]) {
    assert.equal(fieldOf(`spec.postgres.${field}`, values()), field)
    assert.equal(tabOf(field), "general")
  }
})
