import { threeModes } from "./rollout.suite.ts"
import { kubernetesGround, microkubeGround, whyNoKubernetes } from "./rollout-world.ts"

threeModes({ name: "microkube", skip: false, open: () => microkubeGround("127.96") })
threeModes({
  name: "Kubernetes",
  skip: whyNoKubernetes,
  open: () => Promise.resolve(kubernetesGround()),
})
