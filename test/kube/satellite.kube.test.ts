import { microkube, realKube } from "./kubernetes-under-test.ts"
import { satelliteSuite } from "./satellite.suite.ts"

satelliteSuite(microkube("127.90"))
satelliteSuite(realKube)
