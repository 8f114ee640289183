/** Registration of a satellite: protobuf to the types of `core/fleet/satellite.ts` and back. */
import { create } from "@bufbuild/protobuf"
import type {
  Approval,
  ApprovalCheck,
  IssuedCertificate,
  Registration,
} from "#core/fleet/satellite.ts"
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import type { Parsed } from "#core/parsed.ts"
import {
  Approval as WireApproval,
  type Certificate,
  CertificateSchema,
  type CheckApprovalRequest,
  CheckApprovalRequestSchema,
  type CheckApprovalResponse,
  CheckApprovalResponseSchema,
  type RegisterRequest,
  RegisterRequestSchema,
  type RegisterResponse,
  RegisterResponseSchema,
} from "./gen/pgswarm/v1/registration_pb.ts"
import { Reader } from "./proto-field.ts"

export { RegistrationService } from "./gen/pgswarm/v1/registration_pb.ts"
export type { CheckApprovalRequest, CheckApprovalResponse, RegisterRequest, RegisterResponse }

export const encodeRegistration = (registration: Registration): RegisterRequest =>
  create(RegisterRequestSchema, { ...registration, labels: { ...registration.labels } })

export function parseRegistration(request: RegisterRequest): Parsed<Registration> {
  const read = new Reader()
  if (!/^\S(.*\S)?$/.test(request.site))
    read.note("site", "one line that neither begins nor ends with a space")
  return read.done({
    site: read.text("site", request.site, 63),
    kubernetesUid: read.text("kubernetes_uid", request.kubernetesUid, 100),
    kubernetesVersion: read.short("kubernetes_version", request.kubernetesVersion, 100),
    satelliteVersion: read.text("satellite_version", request.satelliteVersion, 100),
    protocolVersion: read.count("protocol_version", request.protocolVersion, 1),
    labels: read.map("labels", request.labels, { entries: 32, key: 63, value: 63 }),
  })
}

export type Registered = {
  readonly satelliteId: SatelliteId
  readonly registrationToken: string
}

export const encodeRegistered = (registered: Registered): RegisterResponse =>
  create(RegisterResponseSchema, registered)

export function parseRegistered(response: RegisterResponse): Parsed<Registered> {
  const read = new Reader()
  return read.done({
    satelliteId: satelliteId(read.uuid("satellite_id", response.satelliteId)),
    registrationToken: read.text("registration_token", response.registrationToken, 200),
  })
}

export const encodeApprovalCheck = (check: ApprovalCheck): CheckApprovalRequest =>
  create(CheckApprovalRequestSchema, {
    ...check,
    certificateRequest: check.certificateRequest ?? "",
  })

export function parseApprovalCheck(request: CheckApprovalRequest): Parsed<ApprovalCheck> {
  const read = new Reader()
  return read.done({
    satelliteId: satelliteId(read.uuid("satellite_id", request.satelliteId)),
    registrationToken: read.text("registration_token", request.registrationToken, 200),
    certificateRequest:
      request.certificateRequest === ""
        ? undefined
        : read.text("certificate_request", request.certificateRequest, pemMax),
  })
}

/** Longest PEM text of certificates: some authorities, one after the other. */
export const pemMax = 32_000

export const encodeCertificate = ({ certificate, authorities }: IssuedCertificate): Certificate =>
  create(CertificateSchema, { certificate, authorities: authorities ?? "" })

export const readCertificate = (
  read: Reader,
  field: string,
  { certificate, authorities }: Certificate,
): IssuedCertificate => ({
  certificate: read.text(`${field}.certificate`, certificate, pemMax),
  authorities:
    authorities === "" ? undefined : read.text(`${field}.authorities`, authorities, pemMax),
})

export function encodeApproval(approval: Approval): CheckApprovalResponse {
  switch (approval.kind) {
    case "pending":
      return create(CheckApprovalResponseSchema, { approval: WireApproval.PENDING })
    case "rejected":
      return create(CheckApprovalResponseSchema, { approval: WireApproval.REJECTED })
    case "approved":
      return create(CheckApprovalResponseSchema, {
        approval: WireApproval.APPROVED,
        satelliteId: approval.satelliteId,
        authToken: approval.authToken,
        name: approval.name,
        ...(approval.certificate === undefined
          ? {}
          : { certificate: encodeCertificate(approval.certificate) }),
      })
  }
}

const approvalToWire = {
  pending: WireApproval.PENDING,
  rejected: WireApproval.REJECTED,
  approved: WireApproval.APPROVED,
} as const

/** `askedAs`: who asked; a central that says nothing of it means the same. */
export function parseApproval(
  response: CheckApprovalResponse,
  askedAs: SatelliteId,
): Parsed<Approval> {
  const read = new Reader()
  const kind = read.word("approval", response.approval, approvalToWire, "pending")
  if (kind !== "approved") return read.done({ kind })
  return read.done({
    kind,
    satelliteId:
      response.satelliteId === ""
        ? askedAs
        : satelliteId(read.uuid("satellite_id", response.satelliteId)),
    authToken: read.text("auth_token", response.authToken, 200),
    name: read.text("name", response.name, 63),
    certificate: response.certificate && readCertificate(read, "certificate", response.certificate),
  })
}
