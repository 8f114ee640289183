/** A child process of `pool.ts`. */
import { serve } from "./pool.ts"

serve()
