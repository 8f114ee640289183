/** All shapes, read once. */
import { present } from "#core/assert.ts"

import { kindShapes } from "./kind-shapes.ts"
import { podShapes } from "./pod-shapes.ts"
import { type StructShape, readShapes } from "./shape.ts"

const shapes = readShapes(podShapes, kindShapes)

export const shapeOf = (name: string): StructShape =>
  present(shapes.get(name), `there is a shape ${name}`)
