import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Labels,
  matchesSelector,
  matchesTerms,
  readFieldSelector,
  readLabelSelector,
  selectorText,
} from "./selectors.ts"

function matches(selector: string, labels: Labels): boolean {
  const read = readLabelSelector(selector)
  assert.equal(read.kind, "ok", selector)
  return matchesTerms(read.value, labels)
}

test("every form of a label selector means what it says", () => {
  const labels = { app: "web", "x.io/role": "primary" }
  for (const selector of [
    "",
    "app=web",
    "app==web",
    "app!=db",
    "x.io/role in (primary, replica)",
    "app,!zone",
    "zone!=a",
    "zone notin (a,b)",
  ]) {
    assert.ok(matches(selector, labels), selector)
  }
  for (const selector of ["app=db", "app!=web", "zone", "!app", "app in (db)", "app notin (web)"]) {
    assert.ok(!matches(selector, labels), selector)
  }
})

test("what can not be read is refused", () => {
  for (const selector of ["a in", "a=b=c", "=", "a in b"]) {
    assert.equal(readLabelSelector(selector).kind, "bad", selector)
  }
})

test("a selector object and its text mean the same", () => {
  const selector = {
    matchLabels: { app: "web" },
    matchExpressions: [
      { key: "tier", operator: "In", values: ["a", "b"] },
      { key: "old", operator: "DoesNotExist" },
    ],
  }
  for (const labels of [
    { app: "web", tier: "a" },
    { app: "web" },
    { app: "web", tier: "b", old: "" },
  ]) {
    assert.equal(matches(selectorText(selector), labels), matchesSelector(selector, labels))
  }
})

test("field selectors are those of the kind", () => {
  assert.equal(readFieldSelector("pods", "spec.nodeName=a,status.phase!=Running").kind, "ok")
  assert.equal(readFieldSelector("configmaps", "spec.nodeName=a").kind, "bad")
  assert.equal(readFieldSelector("events", "involvedObject.name=x").kind, "ok")
})
