"""Routes about operators, for those who administer: who may log in, and that one may not."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from app.access import operator_accounts
from app.access.operator_names import LONGEST_NAME
from app.api.parts import Operator, Service
from app.api.problems import PROBLEMS, Text
from app.database.tables import Role

router = APIRouter(prefix="/api/operators", tags=["operator"], responses=PROBLEMS)
Name = Annotated[Text, Path(min_length=1, max_length=LONGEST_NAME)]


class AccountView(BaseModel):
    """An operator's account."""

    name: str
    role: Role
    locked: datetime | None
    """Since when."""
    second_factor: bool


@router.get("")
def all_operators(login: Operator, service: Service) -> list[AccountView]:
    """Everybody who may log in, or might."""
    found = operator_accounts.all_accounts(service.operators.database)
    return [
        AccountView(name=one.name, role=one.role, locked=one.locked, second_factor=one.second_factor) for one in found
    ]


@router.post("/{name}/lock", status_code=204)
def lock(name: Name, login: Operator, service: Service) -> None:
    """Let an operator log in no more, and end the logins there are; whom they led waits for a person."""
    operator_accounts.lock(service.operators.database, name, login.operator)


@router.post("/{name}/unlock", status_code=204)
def unlock(name: Name, login: Operator, service: Service) -> None:
    """Let an operator log in again."""
    operator_accounts.unlock(service.operators.database, name, login.operator)
