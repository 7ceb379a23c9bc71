# SPDX-License-Identifier: Apache-2.0
# Copyright the cellard authors
"""Statuses and exceptions."""

import pickle

import pytest

import cellard
from cellard import _cellard
from cellard.errors import error_for


@pytest.mark.parametrize("status", list(cellard.Status))
def test_statuses_have_the_librarys_names(status: cellard.Status) -> None:
    assert _cellard.status_name(status) == status.name.lower()


def test_an_unknown_status_has_a_name_too() -> None:
    assert _cellard.status_name(200) == "unknown"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (cellard.Status.UNAVAILABLE, cellard.Unavailable),
        (cellard.Status.SHUTTING_DOWN, cellard.Unavailable),
        (cellard.Status.TIMED_OUT, cellard.TimedOut),
        (cellard.Status.LAYOUT_MISMATCH, cellard.LayoutMismatch),
        (cellard.Status.GONE, cellard.LeaseLost),
        (cellard.Status.BUSY, cellard.Busy),
        (cellard.Status.FORKED, cellard.Forked),
        (cellard.Status.INTERNAL, cellard.Error),
        (200, cellard.Error),
    ],
)
def test_statuses_become_exceptions(status: int, kind: type[cellard.Error]) -> None:
    error = error_for(status, "what happened")
    assert type(error) is kind
    assert (error.status, str(error)) == (status, "what happened")


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(error_for(cellard.Status.GONE, "gone")))
    assert isinstance(error, cellard.LeaseLost)
    assert error.message == "gone"
