"""A sampler that travels: as names and settings, of which whoever samples makes the same one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from data.domain import DebtCase
from optimizers.preferences.picking.pick_sampling import PickSampler
from optimizers.preferences.sampling import Sampler, SamplingPlan, TableCandidates
from optimizers.preferences.student import Student
from plumbing.closure import files_behind, hash_of
from plumbing.errors import UserError
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from programs.playing.cluster.travelling_programs import PackedPlain, PackedProgram, packed
from programs.playing.contestants import NamedModel
from programs.playing.rule_program import RuleProgram

VANILLA, PICKING = "vanilla", ("planned", "maden")
"""Students: the one that states its terms itself, and those that pick among computed options."""


class TravellingSampler:
    """A `TableSource` that pickles; the sampler is made when a table is first looked at, in each process once.

    Args:
        student: the program whose replies are taught, `VANILLA` or one of `PICKING`.
        teacher: who shows `VANILLA` how; its limits are the student's, whichever that is.
        model: the student's.
        plan: how much is sampled.
        code: `sampling_code` of where it comes from; None: it was made here.
    """

    def __init__(
        self,
        student: str,
        teacher: Maden | RuleProgram,
        model: NamedModel,
        plan: SamplingPlan,
        code: str | None = None,
    ) -> None:
        self._student, self._teacher, self._model, self._plan, self._code = student, teacher, model, plan, code

    def tables(self, case: DebtCase, seed: int) -> list[TableCandidates]:
        """The candidates at each chosen turn, or pick.

        Raises:
            InfrastructureFailure: a model could not be reached.
            UserError: it comes from a machine with other code.
        """
        return self._sampler.tables(case, seed)

    @cached_property
    def _sampler(self) -> Sampler | PickSampler:
        if self._code is not None and self._code != sampling_code():
            raise UserError(
                "a worker runs another version of maden's sampling code than this machine; install the same version on "
                "every node"
            )
        policy, lm = self._teacher.settings.policy, self._model.get()
        if self._student != VANILLA:
            return PickSampler(self._student, policy, lm, self._plan)
        settings = ProgramSettings(policy=policy, temperature=self._plan.temperature)
        return Sampler(self._teacher.seat, Student(settings, lm), self._plan)

    def __reduce__(self) -> tuple[Callable[..., TravellingSampler], tuple[Any, ...]]:
        return _arrived, (self._student, packed(self._teacher), self._model, self._plan, sampling_code())


def _arrived(
    student: str, teacher: PackedProgram | PackedPlain, model: NamedModel, plan: SamplingPlan, code: str
) -> TravellingSampler:
    program: Any = teacher.unpacked()
    return TravellingSampler(student, program, model, plan, code)


def sampling_code() -> str:
    """Hash of the code that samples: a worker of another version would sample other tables."""
    return hash_of(files_behind(__name__))
