"""A second factor: codes that change every 30 s (TOTP, RFC 6238), each of which is good for one login."""

from __future__ import annotations

from datetime import datetime

import pyotp

ISSUER = "maden"
CLOCKS_APART = 1
"""Time steps by which the clock of a telephone may differ from ours."""


def new_secret() -> str:
    """160 random bits, base32."""
    return pyotp.random_base32()


def enrolment_uri(name: str, secret: str) -> str:
    """The otpauth address that an authenticator takes, as text or as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: datetime, after: int | None) -> int | None:
    """The time step that a code belongs to; None if it is wrong, too old, or not later than one that was used.

    Args:
        secret: base32.
        code: six digits; spaces do not matter.
        at: the time.
        after: the latest step whose code was used.
    """
    totp = pyotp.TOTP(secret)
    now, said = totp.timecode(at), "".join(code.split())
    steps = range(now - CLOCKS_APART, now + CLOCKS_APART + 1)
    fitting = [step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), said)]
    return next((step for step in fitting if after is None or step > after), None)
