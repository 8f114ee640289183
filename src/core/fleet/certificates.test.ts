import assert from "node:assert/strict"
import { test } from "node:test"
import {
  authorityDays,
  isNewAuthorityDue,
  isRenewalDue,
  satelliteCertificateDays,
  servingCertificateDays,
  signer,
} from "./certificates.ts"

const day = 86_400_000
const life = (fromDay: number, days: number) => ({
  from: fromDay * day,
  until: (fromDay + days) * day,
})

test("a certificate is renewed when a third of its life is over", () => {
  assert.equal(isRenewalDue(life(0, 90), 29 * day), false)
  assert.equal(isRenewalDue(life(0, 90), 30 * day), true)
})

test("the first authority signs at once; a later one only when everybody has had the time to hear of it", () => {
  assert.equal(signer([], 0), undefined)
  const first = life(0, authorityDays)
  assert.equal(signer([first], 0), first)
  const second = life(3000, authorityDays)
  assert.equal(signer([second, first], 3001 * day), first)
  assert.equal(signer([first, second], (3000 + satelliteCertificateDays) * day), second)
  assert.equal(signer([first, second], (authorityDays + 1) * day), second, "the first is over")
})

test("over forty years no certificate that was signed is cut short by its authority, and all trust who signs", () => {
  const authorities: { from: number; until: number }[] = []
  for (let now = 0; now < 40 * 365; now += 1) {
    if (isNewAuthorityDue(authorities, now * day)) authorities.push(life(now, authorityDays))
    const signs = signer(authorities, now * day)
    assert.ok(signs !== undefined)
    const longest = Math.max(satelliteCertificateDays, servingCertificateDays)
    assert.ok(signs.until >= (now + longest) * day, `day ${now}`)
    // A satellite that renewed last when its certificate was about to end has heard of every authority since.
    assert.ok(signs === authorities[0] || signs.from <= (now - satelliteCertificateDays) * day)
  }
  assert.ok(authorities.length >= 4)
})
