/** First of all zod learns what it may not do; only then come the modules that make schemas. */
import "./zod-without-eval.ts"

const { start } = await import("./start.tsx")
start()
