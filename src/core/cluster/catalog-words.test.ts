import assert from "node:assert/strict"
import { test } from "node:test"
import { parameterNames, parameterProblem } from "#core/cluster/catalog.ts"
import { wordsOf } from "#core/cluster/catalog-words.ts"
import { postgresMajors } from "#core/cluster/spec.ts"

test("every parameter of every major has a category, words, and a default that it takes", () => {
  for (const major of postgresMajors)
    for (const name of parameterNames(major)) {
      const words = wordsOf(major, name)
      assert.ok(words !== undefined, `${major}: ${name}`)
      assert.notEqual(words.category, "", name)
      assert.notEqual(words.about, "", name)
      const problem =
        words.standard === "" ? undefined : parameterProblem(major, name, words.standard)
      assert.equal(problem, undefined, `${major}: ${name} = ${words.standard}`)
    }
})

test("a default is written as people write it, and an extension's parameter has no words", () => {
  assert.equal(wordsOf(17, "shared_buffers")?.standard, "128MB")
  assert.equal(wordsOf(17, "Checkpoint_Timeout")?.standard, "5min")
  assert.equal(wordsOf(17, "cron.database_name"), undefined)
})
