/**
 * The content security policy forbids code from text, which zod would otherwise try, for speed, as soon
 * as a schema is made. So this runs before any module with a schema is loaded (main.ts).
 */
import { config } from "zod"

config({ jitless: true })
