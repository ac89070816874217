"""The service's tables. Whatever a debtor is answered stands here first."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Status(StrEnum):
    """Where a negotiation stands."""

    OPEN = "open"
    CONFIRMING = "confirming"
    """Both sides would agree; the debtor has the whole plan and has not confirmed it."""
    AGREED = "agreed"
    DECLINED = "declined"
    """The debtor ended it."""
    EXHAUSTED = "exhausted"
    """The rounds are used up without an agreement; a person decides."""
    WITH_A_PERSON = "with_a_person"
    """A person has been asked for, or has taken over; the program is silent."""
    STOPPED = "stopped"
    """The debtor asked for no further contact."""
    ABANDONED = "abandoned"
    """Nobody has written for so long that it has ended (`app.privacy.retention`)."""

    @property
    def automated(self) -> bool:
        """Whether the program answers."""
        return self in (Status.OPEN, Status.CONFIRMING)

    @property
    def ended(self) -> bool:
        """Whether nobody goes on with it."""
        return self in (Status.AGREED, Status.DECLINED, Status.STOPPED, Status.ABANDONED)


class Sender(StrEnum):
    """Who wrote a message."""

    DEBTOR = "debtor"
    CREDITOR = "creditor"
    """The program."""
    OPERATOR = "operator"
    SERVICE = "service"
    """A fixed text: a notice, a question back, a hand-over."""


class Role(StrEnum):
    """What an operator may do; each role includes those before it."""

    READS = "reads"
    ACTS = "acts"
    """Begins, leads and ends negotiations, and makes links."""
    ADMINISTERS = "administers"
    """Sees who else may log in, and locks them out."""

    def includes(self, other: Role) -> bool:
        """Whether whoever has this role may do what `other` may."""
        return list(Role).index(self) >= list(Role).index(other)


class Moment(TypeDecorator[datetime]):
    """A point in time, UTC, on databases that keep zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Every table; constraints are named, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class NegotiationRow(Base):
    """One negotiation."""

    __tablename__ = "negotiations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: uuid4().hex)
    case_id: Mapped[str] = mapped_column(String(200), index=True)
    view: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The case as a creditor may see it (`CreditorView`): no finances are ever stored here."""
    status: Mapped[str] = mapped_column(String(32), default=Status.OPEN.value, index=True)
    artifact: Mapped[str] = mapped_column(String(200))
    """The program as it was named when the negotiation began."""
    program_sha256: Mapped[str] = mapped_column(String(64))
    lm: Mapped[str] = mapped_column(String(300))
    profile: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    """IANA name of the debtor's local time; empty where nobody knows it."""
    language: Mapped[str] = mapped_column(String(35), default="", server_default="")
    """BCP 47 tag of what is spoken with the debtor; empty: English, from before there were others."""
    memory: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """`programs.creditor.seat.SeatMemory`."""
    pending: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """The plan that awaits the debtor's confirmation (`app.conversation.plans.repayment_plan.Plan`)."""
    agreed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """The plan that was confirmed."""
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What the debtor was asked to confirm besides a plan (`app.database.asked.Asked`)."""
    operator: Mapped[str | None] = mapped_column(String(100), default=None)
    """Who has taken over."""
    link_generation: Mapped[int] = mapped_column(Integer, default=0)
    """Of the debtor's link that holds; those made before are void."""
    lease: Mapped[str | None] = mapped_column(String(64), default=None)
    """The thread that is answering (`app.conversation.leases`)."""
    lease_until: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When its lease ends; without a lease, when the next try may begin."""
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often what waits was begun to be answered."""
    asides: Mapped[int] = mapped_column(default=0, server_default="0")
    """Messages of the debtor that the program answered with a question or a note, so that they used up no round."""
    unreadable: Mapped[int] = mapped_column(default=0, server_default="0")
    """Messages in a row that the model could not read."""
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    updated: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now)


class MessageRow(Base):
    """One message, in the order in which it was stored."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("negotiation_id", "position"),
        UniqueConstraint("negotiation_id", "key"),
        Index(None, "answered", "negotiation_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    negotiation_id: Mapped[str] = mapped_column(ForeignKey("negotiations.id", ondelete="CASCADE"))
    position: Mapped[int]
    sender: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(128), default=None)
    """The sender's own name of the message: sent twice, it is one message."""
    answered: Mapped[bool] = mapped_column(default=True)
    """False for a debtor's message that still waits for its answer."""
    turn: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """What it was at the table (`data.domain.Turn`); None where it was no turn."""
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """What the rules of conduct found in it."""
    understood: Mapped[str | None] = mapped_column(Text, default=None)
    """What a debtor's message was taken to mean, as it was said back."""
    language: Mapped[str | None] = mapped_column(String(35), default=None)
    """BCP 47 tag of what the program and the service said; None where nobody knows, as of people's words."""
    at: Mapped[datetime] = mapped_column(Moment, default=now)


PLAN_AGREED = "plan_agreed"
"""The rule of a case finding that says that a plan binds the debt."""
_BINDING_PLAN = text(f"rule = '{PLAN_AGREED}' AND lifted IS NULL")


class CaseFindingRow(Base):
    """A signal that somebody has to deal with, or a plan that binds the debt; it outlives its conversation.

    Holds no words of the debtor's: who asked not to be written to is not written to after an erasure either.
    """

    __tablename__ = "case_findings"
    __table_args__ = (
        Index(
            "uq_case_findings_binding_plan",
            "case_id",
            unique=True,
            sqlite_where=_BINDING_PLAN,
            postgresql_where=_BINDING_PLAN,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[str] = mapped_column(String(200), index=True)
    negotiation_id: Mapped[str | None] = mapped_column(
        ForeignKey("negotiations.id", ondelete="SET NULL"), index=True, default=None
    )
    position: Mapped[int]
    """Of the message."""
    rule: Mapped[str] = mapped_column(String(100))
    why: Mapped[str] = mapped_column(Text)
    """The rule's own."""
    silences: Mapped[bool]
    """Whether the program says no more in the conversation until it is lifted."""
    binds: Mapped[bool]
    """Whether that holds for every conversation about the case."""
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    lifted: Mapped[datetime | None] = mapped_column(Moment, default=None)
    lifted_by: Mapped[str | None] = mapped_column(String(100), default=None)
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    """Why it was lifted, in the operator's words."""


class AuditRow(Base):
    """One link of the audit chain; holds ids, never words, so that erasure leaves it whole."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))
    """ISO 8601, UTC, as it was hashed."""
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(64))
    negotiation_id: Mapped[str | None] = mapped_column(String(32), default=None, index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of this row's content and the row before."""


class OperatorRow(Base):
    """Somebody who may read and take over negotiations."""

    __tablename__ = "operators"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16), default=Role.ACTS.value)
    locked: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """Since when this operator may not log in."""
    totp_secret: Mapped[str | None] = mapped_column(String(64), default=None)
    """Of the second factor, base32; None for an operator who logs in without one."""
    totp_step: Mapped[int | None] = mapped_column(Integer, default=None)
    """The latest time step whose code was used; it and earlier ones are void."""
    created: Mapped[datetime] = mapped_column(Moment, default=now)


class LoginRow(Base):
    """One login of an operator; the token itself is with the browser alone."""

    __tablename__ = "logins"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey("operators.name", ondelete="CASCADE"))
    until: Mapped[datetime] = mapped_column(Moment)
