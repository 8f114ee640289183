/** The catalogue of images, what profiles take from it, and the mirror that sites hear of. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Central } from "../../src/central/central.ts"
import { type Api, smallSpec } from "../fixtures/central.ts"
import { Site } from "../fixtures/site.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { refusedWith } from "../fixtures/rest.ts"

let central: Central
let api: Api
oneCentral((opened) => {
  ;({ central, api } = opened)
})

const digest = `sha256:${"0a".repeat(32)}`
const put = (variant: string, minor: string, more: Readonly<Record<string, unknown>> = {}) =>
  api.ok("createImage", {
    body: { variant, minor, reference: `docker.io/library/postgres:${minor}`, ...more },
  })
const variantMade = (name: string, uid = 999) =>
  api.ok("createImageVariant", { body: { name, uid } })

const fieldsOf = (problem: ReturnType<typeof refusedWith>) =>
  problem.problems?.map(({ field }) => field)

test("debian and alpine are there from the start, each with the user of its images", async () => {
  const { items } = await api.ok("listImageVariants")
  assert.deepEqual(
    items
      .filter(({ name }) => name === "alpine" || name === "debian")
      .map(({ name, uid }) => [name, uid]),
    [
      ["alpine", 70],
      ["debian", 999],
    ],
  )
})

test("an image is checked, is of one variant and version, and a default gives way to another", async () => {
  await variantMade("checked")
  const bad = { variant: "checked", minor: "14.1", reference: "https://docker.io/postgres" }
  const refused = refusedWith(await api.raw("createImage", { body: bad }), 400, "INVALID")
  assert.deepEqual(fieldsOf(refused), ["reference", "minor"])
  const nowhere = { ...bad, variant: "nowhere", minor: "17.1", reference: "postgres:17.1" }
  const unknown = refusedWith(await api.raw("createImage", { body: nowhere }), 400, "INVALID")
  assert.deepEqual(fieldsOf(unknown), ["variant"])
  const first = await put("checked", "17.9", { isDefault: true })
  const second = await put("checked", "17.10", { isDefault: true })
  const again = { body: { variant: "checked", minor: "17.9", reference: "postgres:17" } }
  refusedWith(await api.raw("createImage", again), 409, "NAME_TAKEN")
  const { items } = await api.ok("listImages", { query: { variant: "checked" } })
  assert.deepEqual(
    items.map(({ minor, isDefault, major }) => [minor, isDefault, major]),
    [
      ["17.10", true, 17],
      ["17.9", false, 17],
    ],
  )
  const stale = { params: { id: first.id }, body: { version: first.version, isDefault: true } }
  refusedWith(await api.raw("editImage", stale), 409, "VERSION_CONFLICT")
  await api.ok("editImage", { params: { id: first.id }, body: { version: 2, isDefault: true } })
  const held = await api.raw("deleteImage", { params: { id: first.id } })
  refusedWith(held, 409, "IMAGE_IS_DEFAULT")
  await api.ok("deleteImage", { params: { id: second.id } })
  const used = await api.raw("deleteImageVariant", { params: { name: "checked" } })
  refusedWith(used, 409, "VARIANT_IN_USE")
})

test("a profile's version keeps the reference that it got; a newer one is offered and taken with one edit", async () => {
  await variantMade("kept", 70)
  await put("kept", "17.1", {
    isDefault: true,
    reference: `docker.io/library/postgres:17.1@${digest}`,
  })
  const { image: _, ...postgres } = { ...smallSpec.postgres, variant: "kept" }
  const made = await api.ok("createProfile", {
    body: { name: "kept", spec: { ...smallSpec, postgres } },
  })
  assert.equal(made.spec.postgres.image, `docker.io/library/postgres:17.1@${digest}`)
  assert.equal(made.spec.postgres.uid, 70)
  assert.equal(made.newerImage, undefined)
  await put("kept", "17.2", { isDefault: true })
  const behind = await api.ok("getProfile", { params: { id: made.id } })
  assert.deepEqual(behind.newerImage, { minor: "17.2", image: "docker.io/library/postgres:17.2" })
  assert.deepEqual([behind.specVersion, behind.spec], [1, made.spec])
  // Sent back as it was read, with another parameter: the image stays.
  const tuned = await api.ok("editProfile", {
    params: { id: made.id },
    body: { version: made.version, spec: { ...made.spec, parameters: { work_mem: "9MB" } } },
  })
  assert.equal(tuned.spec.postgres.image, made.spec.postgres.image)
  const newer = await api.ok("editProfile", {
    params: { id: made.id },
    body: { version: tuned.version, spec: { ...tuned.spec, postgres } },
  })
  assert.deepEqual(
    [newer.specVersion, newer.spec.postgres.image, newer.newerImage],
    [3, "docker.io/library/postgres:17.2", undefined],
  )
  const { changes } = await api.ok("diffProfile", { params: { id: made.id } })
  assert.deepEqual(
    changes.map(({ field, effect }) => [field, effect]),
    [["postgres.image", "new-pod"]],
  )
  const back = await api.ok("revertProfile", {
    params: { id: made.id },
    body: { version: newer.version, to: 1 },
  })
  assert.equal(back.spec.postgres.image, made.spec.postgres.image)
  const { items } = await api.ok("listImages", { query: { variant: "kept" } })
  const [, used] = items
  assert.deepEqual(used?.profiles, [{ id: made.id, name: "kept" }])
  refusedWith(await api.raw("deleteImage", { params: { id: used.id } }), 409, "IMAGE_IN_USE")
})

test("a pinned minor stays pinned, and whatever is not in the catalogue is said at its field", async () => {
  await variantMade("pinned")
  await put("pinned", "17.1")
  await put("pinned", "17.3")
  const body = (postgres: Readonly<Record<string, unknown>>, name = "pinned") => ({
    body: { name, spec: { ...smallSpec, postgres: { major: 17, ...postgres } } },
  })
  for (const [postgres, field, why] of [
    [{ variant: "none" }, "variant", /no variant none/],
    [{ variant: "pinned" }, "variant", /no default image of PostgreSQL 17/],
    [{ variant: "pinned", minor: "17.2" }, "minor", /it has 17.1, 17.3/],
    [{ variant: "pinned", minor: "17.1", image: "postgres:17.3" }, "image", /leave it out/],
    [{ minor: "17.1", image: "postgres:17.1" }, "minor", /name the variant/],
    [{}, "image", /name an image, or a variant/],
  ] as const) {
    const answer = await api.raw("createProfile", body(postgres))
    const problem = refusedWith(answer, 400, "INVALID")
    assert.deepEqual(fieldsOf(problem), [`spec.postgres.${field}`])
    assert.match(problem.problems?.[0]?.problem ?? "", why)
  }
  const made = await api.ok("createProfile", body({ variant: "pinned", minor: "17.1" }))
  assert.equal(made.spec.postgres.image, "docker.io/library/postgres:17.1")
  const [, old] = (await api.ok("listImages", { query: { variant: "pinned" } })).items
  assert.ok(old)
  await api.ok("editImage", {
    params: { id: old.id },
    body: { version: old.version, reference: "docker.io/library/postgres:17.1-rebuilt" },
  })
  const behind = await api.ok("getProfile", { params: { id: made.id } })
  assert.equal(behind.newerImage?.minor, "17.1")
  assert.equal(behind.spec.postgres.image, "docker.io/library/postgres:17.1")
})

test("sites hear of the fleet's mirror and of their own, and no config changes with it", async () => {
  const site = new Site(central, "north")
  try {
    await site.join(api)
    const { stream, welcome } = await site.connect()
    assert.equal(welcome.settings?.imageMirror, undefined)
    const bad = { version: 1, mirror: "https://registry.example.com" }
    const refused = refusedWith(await api.raw("putImageMirror", { body: bad }), 400, "INVALID")
    assert.deepEqual(fieldsOf(refused), ["mirror"])
    const mirror = "registry.example.com:5000/hub"
    assert.deepEqual(await api.ok("putImageMirror", { body: { version: 1, mirror } }), {
      mirror,
      version: 2,
    })
    const heard = async (imageMirror: string | undefined): Promise<void> => {
      const { settings } = await stream.next("site-settings")
      assert.equal(settings.imageMirror, imageMirror)
    }
    await heard(mirror)
    const own = async (given: Readonly<Record<string, unknown>>): Promise<void> => {
      const { version } = await api.ok("getSatellite", { params: { id: site.id } })
      const params = { id: site.id }
      await api.ok("putSatelliteMirror", { params, body: { version, mirror: given } })
    }
    await own({ kind: "none" })
    await heard(undefined)
    await own({ kind: "own", registry: "harbor.north" })
    await heard("harbor.north")
    await own({ kind: "as-fleet" })
    await heard(mirror)
    const stale = { body: { version: 1, mirror: null } }
    refusedWith(await api.raw("putImageMirror", stale), 409, "VERSION_CONFLICT")
    await api.ok("putImageMirror", { body: { version: 2, mirror: null } })
    await heard(undefined)
    assert.deepEqual(
      stream.received.filter(({ kind }) => kind === "config"),
      [],
    )
  } finally {
    await site.close()
  }
})
