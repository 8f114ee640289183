/** What a satellite does with a Kubernetes, told for every Kubernetes that it must run on. */
import { after, before, describe } from "node:test"
import { databaseTests } from "./satellite/databases.suite.ts"
import type { KubeUnderTest, OpenKube } from "./kubernetes-under-test.ts"
import { TestKube } from "./satellite-under-test.ts"
import { configTests } from "./satellite/configs.suite.ts"
import { deletionTests } from "./satellite/deletions.suite.ts"
import { objectTests } from "./satellite/objects.suite.ts"
import { restartTests } from "./satellite/restarts.suite.ts"
import { roleTests } from "./satellite/roles.suite.ts"
import { siteSettingsTests } from "./satellite/site-settings.suite.ts"

const parts = [
  objectTests,
  restartTests,
  deletionTests,
  configTests,
  databaseTests,
  siteSettingsTests,
  roleTests,
]

export function satelliteSuite(under: KubeUnderTest): void {
  describe(`a satellite on ${under.name}`, { skip: under.skip }, () => {
    let opened: OpenKube
    let kube: TestKube
    before(async () => {
      opened = await under.open()
      kube = await TestKube.open(opened.kubeconfig)
    })
    after(async () => {
      await kube[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    })
    for (const tests of parts) tests(() => kube)
  })
}
