/** The contract on both: microkube always, a real Kubernetes where PG_SWARM_TEST_KUBECONFIG names one. */
import { contract } from "./contract.suite.ts"
import { microkube, realKube } from "./kubernetes-under-test.ts"

contract(microkube("127.91"))
contract(realKube)
