"""The book and the options of the small compiles that are ended and go on."""

from __future__ import annotations

import pytest

from tests.optimizers.served import small_compile


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    return small_compile(tmp_path_factory.mktemp("book"), debtors=2)
