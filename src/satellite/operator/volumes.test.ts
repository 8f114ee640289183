import assert from "node:assert/strict"
import { test } from "node:test"
import { podName } from "#core/ids.ts"
import { volumeFinalizer } from "../site/names.ts"
import { volumeStep } from "./volumes.ts"

const claim = (name: string, isDeleted: boolean, isProtected: boolean) => ({
  metadata: {
    name,
    uid: "u",
    resourceVersion: "1",
    finalizers: ["kubernetes.io/pvc-protection", ...(isProtected ? [volumeFinalizer] : [])],
    ...(isDeleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
})
const primary = podName("orders-0")

test("a volume in use is protected, once", () => {
  assert.equal(volumeStep(claim("data-orders-1", false, false), primary).kind, "protect")
  assert.equal(volumeStep(claim("data-orders-1", false, true), primary).kind, "none")
})

test("a deleted volume of a replica is let go while another member serves", () => {
  assert.equal(volumeStep(claim("data-orders-1", true, true), primary).kind, "release")
  assert.equal(volumeStep(claim("wal-orders-1", true, true), primary).kind, "release")
})

test("the primary's volumes stay, and every volume while no primary serves", () => {
  assert.equal(volumeStep(claim("data-orders-0", true, true), primary).kind, "hold")
  assert.equal(volumeStep(claim("wal-orders-0", true, true), primary).kind, "hold")
  assert.equal(volumeStep(claim("data-orders-1", true, true), undefined).kind, "hold")
})

test("a volume that goes without our protection is not protected afterwards", () => {
  assert.equal(volumeStep(claim("data-orders-0", true, false), primary).kind, "none")
})
